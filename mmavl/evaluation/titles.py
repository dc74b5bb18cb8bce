"""What metrics are called in tables, and how their figures are printed."""

import re

from .result_table import Column

#: Where the maxima of maps lie, and what else is counted.
PEAK_TITLES = {
    'pointing': 'pointing',
    'sfd/own': 'SFD own',
    'sfd/silent': 'SFD silent',
    'distraction_same': 'silent, same family',
    'distraction_other': 'silent, other family',
    'distraction': 'any silent',
    'confusion': 'other sounding',
    'missed_classes': 'missed classes',
    'invented_per_frame': 'invented per frame',
}
#: What only some protocols ask for, see :mod:`mmavl.evaluation.extra_metrics`.
EXTRA_TITLES = {
    'per_source/ciou': 'single sources',
    'per_source/auc': 'their AUC',
    'iiou/success': 'IIoU',
    'iiou/auc': 'IIoU AUC',
    'pixel_ap/cap': 'CAP',
    'pixel_ap/piap': 'PIAP',
    'count/accuracy': 'right count',
    'count/ciou': 'sources found',
    'count/missed': 'missed per frame',
    'count/extra': 'extra per frame',
    'nsa/nsa': 'NSA',
    'extended/ap': 'extended AP',
    'extended/max_f1': 'max-F1',
    'extended/loc_acc': 'LocAcc',
}
#: Titles of metrics, without their protocol.
TITLES = {
    **PEAK_TITLES,
    **EXTRA_TITLES,
    'avc_accuracy': 'AVC accuracy',
    'audio_map': 'mAP audio',
    'visual_map': 'mAP visual',
    'sdr': 'SDR',
    'sdr_improvement': 'SDR+',
    'sir': 'SIR',
    'sir_improvement': 'SIR+',
    'sar': 'SAR',
    'si_sdr': 'SI-SDR',
    'si_sdr_improvement': 'SI-SDR+',
    'bbox_mAP': 'box mAP',
    'bbox_mAP_50': 'box mAP50',
    'bbox_mAP_75': 'box mAP75',
}
#: Titles of the metrics of a level, ``{level}_{metric}``.
LEVEL_TITLES = {'ciou': 'cIoU', 'auc': 'AUC', 'mean_ciou': 'mean', 'all_sources': 'all sources'}
#: Numbers of classes or sources in a frame.
_COUNTED = ('invented_per_frame', 'missed', 'extra')
_DECIBELS = re.compile(r'(si_)?s[dia]r(_improvement)?')


def title_of(metric: str) -> str:
    """E.g. 'SFD own' of 'sfd/own' and 'cIoU level 1' of 'level1_ciou'.

    Raises:
        KeyError: The metric has no title.
    """
    name = metric.removeprefix('tags/').removeprefix('separation/').removeprefix('coco/')
    level = re.fullmatch(r'level(\d+)_(.*)', name)
    return f'{LEVEL_TITLES[level[2]]} level {level[1]}' if level else TITLES[name]


def metric_column(metric: str, title: str | None = None, **options) -> Column:
    """The column of a metric: percent with one digit, or decibels with two.

    Args:
        metric (str): Its key, without protocol unless a title is given.
        title (str, optional): Defaults to :func:`title_of`.
        **options: Other attributes of :class:`Column`.
    """
    name = metric.rpartition('/')[2]
    plain = name in _COUNTED or _DECIBELS.fullmatch(name) is not None
    defaults = {'percent': not plain, 'digits': 1 + plain}
    return Column(metric, title_of(metric) if title is None else title, **(defaults | options))
