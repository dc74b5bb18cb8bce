"""The label lists of pretrained classifiers."""

import csv
from collections.abc import Sequence
from pathlib import Path

from mmavl.errors import ConfigError

from .strict_json import brief, parse_json
from .weights import resolve_path

#: Labels among AudioSet's 527 that are missing from YAMNet's 521.
_NOT_IN_YAMNET = (
    'Battle cry',
    'Female singing',
    'Female speech, woman speaking',
    'Funny music',
    'Male singing',
    'Male speech, man speaking',
)
_TIMM, _ALPHABETICAL = 'timm:', 'audioset-alphabetical:'


def read_labels(source: str | Sequence[str]) -> list[str]:
    """Read the names of a classifier's outputs, in the order of the outputs.

    Args:
        source (str | Sequence[str]): The names, or the location of a file (a path or
            ``pkg://package/path``): a CSV with a column ``display_name``, as published for
            AudioSet and YAMNet; a JSON list; or a text file with one name per line.
            ``timm:imagenet-1k`` (or another of timm's ImageNet subsets) gives WordNet's names
            from timm. ``audioset-alphabetical:LOCATION`` gives AudioSet's 527 names in
            alphabetical order, as in the paper's tagger and its ``cluster_a.npy``; LOCATION
            is AudioSet's ``class_labels_indices.csv``, or YAMNet's class map, to which the six
            missing names are added.
    Returns:
        list[str]: The names. They may repeat: ImageNet has two kinds of crane.

    Raises:
        FileNotFoundError: The file is missing, or the package is not installed.
        ConfigError: The file is not a list of names.
    """
    if not isinstance(source, str):
        return list(source)
    if source.startswith(_TIMM):
        return _timm_labels(source.removeprefix(_TIMM))
    if source.startswith(_ALPHABETICAL):
        return _alphabetical(source.removeprefix(_ALPHABETICAL))
    path = resolve_path(source)
    names = _read(path)
    if not isinstance(names, list) or not names:
        raise ConfigError(f'label list {path} has no names')
    for number, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise ConfigError(f'label list {path}: label {number} is not a name: {brief(name)}')
    return names


def read_audioset_names(location: str) -> dict[str, str]:
    """Read the names of AudioSet's classes, by MID.

    Args:
        location (str): AudioSet's ``class_labels_indices.csv`` or another CSV with the columns
            ``mid`` and ``display_name``, as a path or ``pkg://package/path``.

    Returns:
        dict[str, str]: E.g. ``{'/m/09x0r': 'Speech', ...}``.

    Raises:
        FileNotFoundError: The file is missing, or the package is not installed.
        ConfigError: The file is not such a CSV.
    """
    path = resolve_path(location)
    try:
        rows = _rows(path.read_text(encoding='utf-8-sig'), path, 'mid', 'display_name')
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(f'label list {path} cannot be read: {error}') from error
    names = {row['mid']: row['display_name'] for row in rows}
    if unnamed := [mid for mid, name in names.items() if not (name or '').strip()]:
        raise ConfigError(f'label list {path} has no name of {brief(unnamed[0])}')
    return names


def _read(path: Path) -> object:
    try:
        text = path.read_text(encoding='utf-8-sig')
        if path.suffix == '.json':
            return parse_json(text)
        if path.suffix == '.csv':
            return [row['display_name'] for row in _rows(text, path, 'display_name')]
    except ConfigError:
        raise
    except (csv.Error, ValueError) as error:
        raise ConfigError(f'label list {path} cannot be read: {error}') from error
    return [line.strip() for line in text.strip().splitlines()]


def _rows(text: str, path: Path, *columns: str) -> list[dict[str, str]]:
    """The rows of a CSV with these columns."""
    rows = csv.DictReader(text.splitlines())
    for column in columns:
        if column not in (rows.fieldnames or ()):
            fields = brief(rows.fieldnames)
            raise ConfigError(f'label list {path} has no column {column!r}, only {fields}')
    return [*rows]


def _timm_labels(subset: str) -> list[str]:
    from timm.data import ImageNetInfo

    try:
        return list(ImageNetInfo(subset).label_descriptions())
    except AssertionError as error:
        raise ConfigError(f'timm has no label list {subset!r}; e.g. timm:imagenet-1k') from error


def _alphabetical(location: str) -> list[str]:
    names = sorted({*read_labels(location), *_NOT_IN_YAMNET})
    if len(names) != 527:
        raise ConfigError(
            f"{location} gives {len(names)} names after YAMNet's six missing ones are added, but "
            'AudioSet has 527: use class_labels_indices.csv or yamnet_class_map.csv'
        )
    return names
