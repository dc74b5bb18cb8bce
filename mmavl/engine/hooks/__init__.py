"""Hooks."""

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .feature_cache_hook import FeatureCacheHook
from .non_finite_loss_hook import NonFiniteLossHook
from .random_state_hook import RandomStateHook
from .termination_hook import TerminationHook
from .visualization_hook import VisualizationHook

__all__ = [
    'AtomicCheckpointHook',
    'FeatureCacheHook',
    'NonFiniteLossHook',
    'RandomStateHook',
    'TerminationHook',
    'VisualizationHook',
]
