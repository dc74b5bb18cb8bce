"""A browser page to upload a clip, see what sounds where, and listen to its sources."""
