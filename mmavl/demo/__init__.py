"""A page in the browser: upload a clip, see what sounds where, listen to its sources."""
