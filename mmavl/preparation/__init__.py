"""What runs before training: converters, own scenes, pseudo-labels, published annotations."""
