"""Scenes composed from a user's own pictures and recordings."""
