"""What runs before training: scenes, converters, pseudo-labels, published annotations."""
