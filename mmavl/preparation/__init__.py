"""Data preparation before training: converters, own scenes, pseudo-labels, annotations."""
