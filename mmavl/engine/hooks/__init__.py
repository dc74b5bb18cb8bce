"""Hooks."""

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .audio_probe_hook import AudioProbeHook
from .bad_samples_hook import BadSamplesHook
from .batch_norm_sync_hook import BatchNormSyncHook
from .cost_hook import CostHook
from .curriculum_hook import CurriculumHook
from .feature_cache_hook import FeatureCacheHook
from .freeze_batch_norm_hook import FreezeBatchNormHook
from .localizer_weights_hook import LocalizerWeightsHook
from .non_finite_hook import NonFiniteHook
from .object_dictionary_hook import ObjectDictionaryHook
from .random_state_hook import RandomStateHook
from .separation_visualization_hook import SeparationVisualizationHook
from .termination_hook import TerminationHook
from .visualization_hook import VisualizationHook

__all__ = [
    'AtomicCheckpointHook',
    'AudioProbeHook',
    'BadSamplesHook',
    'BatchNormSyncHook',
    'CostHook',
    'CurriculumHook',
    'FeatureCacheHook',
    'FreezeBatchNormHook',
    'LocalizerWeightsHook',
    'NonFiniteHook',
    'ObjectDictionaryHook',
    'RandomStateHook',
    'SeparationVisualizationHook',
    'TerminationHook',
    'VisualizationHook',
]
