"""Disentanglers: class-specific maps from a classifier, Eq. 4."""

from .cam import CAMDisentangler
from .grad_cam import GradCAMDisentangler, grad_cam

__all__ = ['CAMDisentangler', 'GradCAMDisentangler', 'grad_cam']
