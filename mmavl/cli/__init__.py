"""The command ``mmavl``."""

from .main import main

__all__ = ['main']
