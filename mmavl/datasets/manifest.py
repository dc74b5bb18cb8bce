"""The manifest, mmavl's annotation format: reading, checking and writing it.

A JSON file ``{"metainfo": {...}, "data_list": [...]}``.

- ``metainfo``: ``dataset``, ``split``, ``classes`` (names, in order), ``format_version``;
  optionally ``groups``: group name -> class names (a class may be in several groups).
- each entry of ``data_list``: ``clip_id``; ``audio`` (a path below the data root, never
  absolute or with ``..``, see :mod:`mmavl.datasets.media_paths`; it may be a video file);
  ``frames`` (paths) or ``video`` (a path), with ``fps``: frame i is at second i / fps;
  ``duration`` in seconds; ``tags``: class names, or class name -> probability; optionally
  ``visual_tags``, the same for what is seen where that differs; both may also name groups,
  which then count at the group level in place of their classes; ``boxes``: frame index -> list of
  ``{"bbox": [x, y, w, h] normalised, "label", "sounding"}``, an empty one for a frame in
  which nothing sounds; ``annotators``: list of xyxy
  boxes; ``sources``: class name -> path of that source's own waveform.
"""

import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tqdm import tqdm
from tqdm.contrib.concurrent import process_map

from mmavl.errors import DataError
from mmavl.utils.files import atomic_write
from mmavl.utils.shipped import shipped, tool_command
from mmavl.utils.strict_json import brief, read_json

from .manifest_checks import Problem, check_entry, check_media

FORMAT_VERSION = 1
#: A clip has one tag per class, so this also limits the memory of a clip.
MOST_CLASSES = 20_000


def read_manifest(path: str | Path) -> dict:
    """Read a manifest and check its outer structure: class names, and entries with clip ids.

    Args:
        path (str | Path): The JSON file.

    Returns:
        dict: ``metainfo`` and ``data_list``, as in the file.

    Raises:
        DataError: The file is missing, not JSON, or not a manifest.
    """
    try:
        manifest = read_json(path, 'manifest', 'write it again with its converter')
    except FileNotFoundError as error:
        raise DataError(
            f"manifest {path} is missing: check data_root and ann_file, or run the dataset's "
            f'converter in {shipped("tools").resolve() / "dataset_converters"}'
        ) from error
    reason = _misshapen(manifest)
    if reason:
        raise DataError(f'manifest {path} {reason}; see mmavl/datasets/manifest.py')
    return manifest


def read_checked_manifest(path: str | Path) -> dict:
    """Read a manifest and check the annotations of each entry, but not the media.

    Raises:
        DataError: The file cannot be read, or an entry has a problem.
    """
    manifest = read_manifest(path)
    require_no_problems(path, manifest)
    return manifest


def require_no_problems(path: str | Path, manifest: dict) -> None:
    """Raise a DataError that lists the first problems, if there are any."""
    lines = list(describe(manifest, check_manifest(manifest)))
    if lines:
        advice = f'See {tool_command("dataset_converters/check_manifest.py")} {path}'
        raise DataError(summary(path, lines, advice))


def _misshapen(manifest: object) -> str:
    """Why this is not a manifest; empty if it is one."""
    if not isinstance(manifest, dict) or set(manifest) != {'metainfo', 'data_list'}:
        return "is not a dict with the keys 'metainfo' and 'data_list'"
    meta, entries = manifest['metainfo'], manifest['data_list']
    if not isinstance(meta, dict) or not isinstance(entries, list):
        return "needs a dict 'metainfo' and a list 'data_list'"
    classes = meta.get('classes')
    if not _are_names(classes) or not classes or len(set(classes)) < len(classes):
        return f"needs a list of distinct names as metainfo 'classes', not {brief(classes)}"
    if len(classes) > MOST_CLASSES:
        return f'has {len(classes)} classes; at most {MOST_CLASSES} are allowed'
    groups = meta.get('groups', {})
    if not isinstance(groups, dict):
        return "needs a dict as metainfo 'groups'"
    for group, members in groups.items():
        if not _are_names(members):
            return f'needs a list of class names for group {brief(group)}, not {brief(members)}'
        unknown = sorted(set(members) - set(classes))
        if unknown or not members:
            return f'has no classes, or unknown ones, in group {brief(group)}: {brief(unknown)}'
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or not isinstance(entry.get('clip_id'), str):
            return f"has no string 'clip_id' in entry {number} of data_list"
    return ''


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name for name in value)


def check_manifest(
    manifest: dict, data_root: str | Path | None = None, workers: int = 1, progress: bool = False
) -> dict[int, list[Problem]]:
    """Check each entry of a manifest, and its media where a data root is given.

    Args:
        manifest (dict): ``metainfo`` and ``data_list``.
        data_root (str | Path, optional): The folder of the media. Defaults to None: check
            only the annotations.
        workers (int): Processes that decode media. Defaults to 1.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        dict[int, list[Problem]]: Entry number -> its problems; empty if there are none.
    """
    entries = manifest['data_list']
    check = partial(_check_one, manifest['metainfo'], data_root)
    if data_root is not None and workers > 1:
        chunk = max(1, min(64, len(entries) // (4 * workers)))
        listed = process_map(
            check, entries, max_workers=workers, chunksize=chunk, disable=not progress, unit='clip'
        )
    else:
        listed = [check(entry) for entry in tqdm(entries, disable=not progress, unit='clip')]
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        other = first.setdefault(entry['clip_id'], number)
        if other != number:
            listed[number].append(Problem('duplicate', f'same clip id as entry {other}'))
    return {number: problems for number, problems in enumerate(listed) if problems}


def _check_one(meta: dict, data_root: str | Path | None, entry: dict) -> list[Problem]:
    problems = list(check_entry(entry, meta['classes'], meta.get('groups', ())))
    if data_root is not None and not any(p.kind == 'malformed' for p in problems):
        problems += check_media(entry, data_root)
    return problems


def describe(manifest: dict, problems: dict[int, list[Problem]]) -> Iterable[str]:
    """One line for each problem that :func:`check_manifest` found.

    Yields:
        str: ``clip 'a3f': silent: train/a3f.wav ...``
    """
    for number, listed in problems.items():
        for problem in listed:
            clip_id = manifest['data_list'][number]['clip_id']
            yield f'clip {brief(clip_id)}: {problem.kind}: {problem.message}'


def write_manifest(
    path: str | Path,
    manifest: dict,
    data_root: str | Path | None = None,
    workers: int = 1,
    leave_out_bad: bool = False,
    known_problems: dict[int, list[Problem]] | None = None,
) -> list[dict]:
    """Write a manifest if it passes its checks; the file is never incomplete.

    Args:
        path (str | Path): The JSON file to write.
        manifest (dict): ``metainfo`` and ``data_list``; ``format_version`` is added.
        data_root (str | Path, optional): Check the media too. Defaults to None.
        workers (int): Processes that decode media. Defaults to 1.
        leave_out_bad (bool): Leave out entries with problems, and list them with their
            problems in ``<name>.left_out.json`` next to the manifest. Defaults to False: raise.
        known_problems (dict[int, list[Problem]], optional): Entry number -> problems found
            earlier. Defaults to none.

    Returns:
        list[dict]: The ``clip_id`` and ``problems`` of each entry that was left out.

    Raises:
        DataError: The manifest does not pass its checks.
        OSError: The file cannot be written.
    """
    path = Path(path)
    reason = _misshapen(manifest)
    if reason:
        raise DataError(f'manifest {path} {reason}')
    problems = check_manifest(manifest, data_root, workers)
    for number, known in (known_problems or {}).items():
        problems[number] = [*problems.get(number, []), *known]
    lines = list(describe(manifest, problems))
    if lines and not leave_out_bad:
        raise DataError(summary(path, lines, 'Fix them, or set leave_out_bad=True'))
    entries = manifest['data_list']
    left_out = [
        {'clip_id': entries[number]['clip_id'], 'problems': [p.message for p in listed]}
        for number, listed in problems.items()
    ]
    kept = [entry for number, entry in enumerate(entries) if number not in problems]
    meta = {**manifest['metainfo'], 'format_version': FORMAT_VERSION}
    with atomic_write(path) as file:
        json.dump({'metainfo': meta, 'data_list': kept}, file)
    sidecar = path.with_name(f'{path.stem}.left_out.json')
    if left_out:
        with atomic_write(sidecar) as file:
            json.dump(left_out, file, indent=1)
    else:
        sidecar.unlink(missing_ok=True)
    return left_out


def summary(path: str | Path, lines: list[str], advice: str) -> str:
    """The error message for a manifest: its first problems and what to do."""
    shown = '\n  '.join(lines[:5])
    return f'manifest {path} has {len(lines)} problems:\n  {shown}\n{advice}'
