"""Which metrics are scores, and whether higher is better, for choosing checkpoints."""

from collections.abc import Iterable

from .scoring import TRIVIAL
from .separation import WITHOUT_MODEL

#: Default scores for choosing a checkpoint; the first available one is used.
_MAIN = ('average_ciou', 'sdr', 'audio_map', 'visual_map', 'avc_accuracy')
_GREATER = (
    'ciou', 'auc', 'pointing', 'all_sources', 'own', 'audio_map', 'visual_map', 'avc_accuracy',
    'sdr', 'sir', 'sar', 'improvement', 'success', 'cap', 'piap', 'nsa', 'accuracy', 'ap',
    'max_f1', 'loc_acc',
)  # fmt: skip
_LESS = (
    'distraction', 'distraction_same', 'distraction_other', 'confusion', 'silent',
    'missed_classes', 'invented_per_frame', 'missed', 'extra',
)  # fmt: skip
_NO_SCORES = (
    'evaluated', 'listed', 'skipped', 'frames', 'pairs', 'sources', 'classes', 'threshold',
    'class_agnostic', 'maps', 'positives', 'negatives',
)  # fmt: skip
#: Rows of the tables without a model.
_WITHOUT_MODEL = {*TRIVIAL, *WITHOUT_MODEL}


def rule_of(key: str) -> str | None:
    """Whether higher or lower values of a metric are better.

    Args:
        key (str): E.g. 'half_max/average_ciou', 'tags/audio_map' or 'separation/sdr'.

    Returns:
        str | None: 'greater', 'less', or None for a metric outside mmavl.

    Raises:
        ValueError: It is a count or a setting, an upper bound, or has nothing to do with the
            model.
    """
    *path, name = key.split('/')
    row = next((part for part in path if part in _WITHOUT_MODEL), None)
    if row is not None:
        raise ValueError(f'{key!r} belongs to the row {row!r}, which has no model')
    if any(part.startswith('oracle_') for part in path):
        raise ValueError(f'{key!r} is an upper bound: its mask is taken from the reference')
    if _is(name, _GREATER):
        return 'greater'
    if name in _LESS:
        return 'less'
    if _is(name, _NO_SCORES):
        raise ValueError(f'{key!r} is a count or a setting, not a score')
    return None


def main_score(keys: Iterable[str]) -> str | None:
    """The score for choosing a checkpoint.

    Args:
        keys (Iterable[str]): The metrics of an evaluation.

    Returns:
        str | None: A key: the mean cIoU over levels, else the SDR, else a score of tags, else
        any other score where higher is better. None if there is none.
    """
    known = [key for key in keys if _safe_rule(key) == 'greater']
    names = {key.rpartition('/')[2]: key for key in reversed(known)}  # the first of each name
    return next((names[name] for name in _MAIN if name in names), known[0] if known else None)


def _safe_rule(key: str) -> str | None:
    try:
        return rule_of(key)
    except ValueError:
        return None


def _is(name: str, kinds: Iterable[str]) -> bool:
    """Whether a name is one of the kinds, possibly with a level or a modality."""
    return any(name == kind or name.endswith(f'_{kind}') for kind in kinds)
