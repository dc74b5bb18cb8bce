"""mmavl: an open toolkit for audio-visual learning."""

__version__ = '0.1.0'
