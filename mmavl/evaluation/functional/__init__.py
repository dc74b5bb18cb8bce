"""Metrics as pure functions on tensors, independent of mmengine."""

from .average_precision import average_precision, mean_average_precision
from .binarise import (
    above_median,
    above_threshold,
    at_least_threshold,
    ranked_value,
    top_pixels,
)
from .iou import consensus_iou
from .maps import as_scored, clip_max, min_max, resize_maps, whole_audio_map
from .matching import best_matching
from .pointing import mask_shares, peak_shares
from .references import consensus_reference, union_reference, xywh_to_xyxy
from .separation import bss_eval, si_sdr
from .success import success_auc, success_rate
from .trivial import centred_disc, whole_image

__all__ = [
    'above_median',
    'above_threshold',
    'as_scored',
    'at_least_threshold',
    'average_precision',
    'best_matching',
    'bss_eval',
    'centred_disc',
    'clip_max',
    'consensus_iou',
    'consensus_reference',
    'mask_shares',
    'mean_average_precision',
    'min_max',
    'peak_shares',
    'ranked_value',
    'resize_maps',
    'si_sdr',
    'success_auc',
    'success_rate',
    'top_pixels',
    'union_reference',
    'whole_audio_map',
    'whole_image',
    'xywh_to_xyxy',
]
