"""Hooks."""

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .feature_cache_hook import FeatureCacheHook
from .freeze_batch_norm_hook import FreezeBatchNormHook
from .non_finite_loss_hook import NonFiniteLossHook
from .random_state_hook import RandomStateHook
from .termination_hook import TerminationHook
from .visualization_hook import VisualizationHook

__all__ = [
    'AtomicCheckpointHook',
    'FeatureCacheHook',
    'FreezeBatchNormHook',
    'NonFiniteLossHook',
    'RandomStateHook',
    'TerminationHook',
    'VisualizationHook',
]
