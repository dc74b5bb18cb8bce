"""A manifest whose tags are pseudo-labels."""

import logging
from pathlib import Path

import numpy as np

from mmavl.datasets.manifest import (
    check_manifest,
    describe,
    read_manifest,
    summary,
    write_manifest,
)
from mmavl.datasets.manifest_checks import Problem, check_media
from mmavl.errors import ConfigError, DataError
from mmavl.preparation.pseudo_labels.teachers import BaseTeacher
from mmavl.registry import MODELS
from mmavl.utils.autocast import Precision
from mmavl.utils.failures import input_errors

from .rules import KEPT_LABELS, audio_labels, conditional_probabilities, visual_labels
from .scores import teacher_scores

_KEYS = {'audio': 'tags', 'visual': 'visual_tags'}
_DIGITS = 4


def pseudo_manifest(
    config: dict,
    manifest_path: str | Path,
    out: str | Path,
    data_root: str | Path | None = None,
    workers: int = 1,
    leave_out_bad: bool = False,
    dtype: str = 'float32',
) -> dict[str, int]:
    """Label the clips of a manifest with teachers, and write it with their labels as its tags.

    Audio labels become ``tags``, visual labels ``visual_tags``: a probability for each class and
    each group of the manifest. The teachers' raw probabilities are kept in ``scores`` next to
    the new manifest.

    Args:
        config (dict): ``audio`` and, optionally, ``visual``: each with ``teacher`` and
            ``groups``, configs of a teacher and of the mapping from its labels to the
            classes; ``visual`` also with ``frames`` and ``windows``, see :func:`teacher_scores`,
            and ``keep_labels``, see :func:`visual_labels`. Without ``visual`` (or with None), the
            audio labels are also used for pictures. Optionally ``classes``: names that replace
            those of the manifest.
        manifest_path (str | Path): The manifest; its tags are ignored.
        out (str | Path): The manifest to write.
        data_root (str | Path, optional): The folder of the media. Defaults to the manifest's.
        workers (int): Processes that read media. Defaults to 1.
        leave_out_bad (bool): Leave out clips that cannot be read, and list them in a file
            next to the manifest. Defaults to False: raise.
        dtype (str): Number format of PyTorch teachers: 'float32', 'bfloat16', or 'auto', bfloat16
            if the CPU supports it. Defaults to 'float32'.

    Returns:
        dict[str, int]: ``clips`` written, ``left_out``, and for each modality and name the
        number of clips with a label above 0.5 (``audio Violin``).

    Raises:
        ConfigError: Teacher, label list, groups and manifest do not fit together.
        DataError: The manifest cannot be used, or clips cannot be read.
        FileNotFoundError: Weights, labels or word vectors are missing.
    """
    manifest_path, out = Path(manifest_path), Path(out)
    manifest = read_manifest(manifest_path)
    root = Path(data_root or manifest_path.parent)
    meta = _metainfo(manifest, config)
    entries = manifest['data_list']
    _check_annotations(manifest_path, entries, meta)
    score_dir = out.parent / 'scores' / out.stem
    precision = Precision.choose(dtype, 'cpu')
    labels, bad = _all_labels(config, entries, meta, root, score_dir, workers, precision)
    problems = {n: _reasons(entries[n], root) for n in np.flatnonzero(bad).tolist()}
    relabelled = [_relabelled(entry, n, labels, meta) for n, entry in enumerate(entries)]
    new = {'metainfo': meta, 'data_list': relabelled}
    left_out = write_manifest(out, new, leave_out_bad=leave_out_bad, known_problems=problems)
    counts = {'clips': len(entries) - len(left_out), 'left_out': len(left_out)}
    return counts | {
        f'{modality} {name}': count
        for modality, values in labels.items()
        for name, count in zip(_names(meta), (values[~bad] > 0.5).sum(0).tolist())
    }


def _metainfo(manifest: dict, config: dict) -> dict:
    meta = {**manifest['metainfo'], 'pseudo_labels': _provenance(config)}
    return meta | (
        {'classes': list(config['classes']), 'groups': {}} if 'classes' in config else {}
    )


def _check_annotations(path: Path, entries: list[dict], meta: dict) -> None:
    """Check the annotations before the teachers run, since the manifest must pass at the end."""
    labels = {'audio': np.zeros((len(entries), len(_names(meta))))}
    blank = [_relabelled(entry, n, labels, meta) for n, entry in enumerate(entries)]
    manifest = {'metainfo': meta, 'data_list': blank}
    lines = list(describe(manifest, check_manifest(manifest)))
    if lines:
        raise DataError(summary(path, lines, 'Fix them, or convert the data set again'))


def _modalities(config: dict) -> list[str]:
    modalities = [modality for modality in _KEYS if config.get(modality)]
    if not modalities or modalities[0] != 'audio':
        raise ConfigError("the config of pseudo-labels needs 'audio', with 'teacher' and 'groups'")
    return modalities


def _teacher(part: dict, modality: str) -> BaseTeacher:
    missing = {'teacher', 'groups'} - set(part)
    if missing:
        raise ConfigError(f'{modality!r} of the config is missing {sorted(missing)}')
    teacher = MODELS.build(part['teacher'])
    if getattr(teacher, 'modality', None) != modality:
        raise ConfigError(
            f'{type(teacher).__name__} is not a teacher for the {modality!r} modality'
        )
    return teacher


def _names(meta: dict) -> list[str]:
    """Classes, then groups with other names."""
    return [*meta['classes'], *(g for g in meta.get('groups', {}) if g not in meta['classes'])]


def _all_labels(
    config: dict,
    entries: list[dict],
    meta: dict,
    root: Path,
    score_dir: Path,
    workers: int,
    precision: Precision,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Pseudo-labels [N, classes and groups] of each modality, and a mask of bad clips, [N]."""
    labels: dict[str, np.ndarray] = {}
    bad = np.zeros(len(entries), bool)
    for modality in _modalities(config):
        part = config[modality]
        teacher = _teacher(part, modality)
        teacher.precision = precision
        scores = teacher_scores(
            teacher,
            part['teacher'],
            entries,
            root,
            score_dir,
            part.get('frames', 1),
            part.get('windows', 0),
            workers,
        )
        bad |= np.isnan(scores).any(1)
        labels[modality] = _label(modality, teacher, part, np.nan_to_num(scores), meta, labels)
    return labels, bad


def _label(
    modality: str,
    teacher: BaseTeacher,
    part: dict,
    scores: np.ndarray,
    meta: dict,
    others: dict[str, np.ndarray],
) -> np.ndarray:
    """Pseudo-labels [N, classes and groups] of one modality."""
    names = _names(meta)
    groups, conditional = MODELS.build(part['groups']), None
    if groups.needs_conditional:
        if 'audio' not in others:
            raise ConfigError(
                f'{type(groups).__name__} estimates which sounds go with a picture: use it for '
                "'visual'"
            )
        conditional = conditional_probabilities(scores, others['audio'] > 0.5)
    matrix = groups(teacher.labels, names, conditional)
    for group, members in meta.get('groups', {}).items():
        if group in meta['classes']:
            continue
        columns = [names.index(name) for name in (group, *members)]
        matrix[:, names.index(group)] = matrix[:, columns].max(1)
    for name, column in zip(names, matrix.T):
        if not column.any():
            logging.warning('the %s teacher has no label for %r', modality, name)
    size = len(meta['classes'])  # classes compete with classes, groups with groups
    levels = matrix[:, :size], matrix[:, size:]
    if modality == 'audio':
        return np.hstack([audio_labels(scores, level) for level in levels if level.size])
    keep = part.get('keep_labels', KEPT_LABELS)
    return np.hstack([visual_labels(scores, level, keep) for level in levels if level.size])


def _relabelled(entry: dict, number: int, labels: dict[str, np.ndarray], meta: dict) -> dict:
    new = {key: value for key, value in entry.items() if key not in _KEYS.values()}
    for modality, values in labels.items():
        rounded = (round(float(value), _DIGITS) for value in values[number])
        new[_KEYS[modality]] = dict(zip(_names(meta), rounded))
    return new


def _reasons(entry: dict, root: Path) -> list[Problem]:
    try:
        with input_errors():
            problems = [p for p in check_media(entry, root) if p.kind != 'silent']
    except DataError as error:
        problems = [Problem('unreadable', str(error))]
    return problems or [Problem('unreadable', 'could not be read when the teachers labelled it')]


def _provenance(config: dict) -> dict[str, str]:
    return {
        modality: ' '.join(str(teacher[key]) for key in ('type', 'weights') if key in teacher)
        for modality in _KEYS
        if (teacher := (config.get(modality) or {}).get('teacher'))
    }
