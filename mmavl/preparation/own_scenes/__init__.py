"""Scenes composed of a user's own pictures and recordings."""
