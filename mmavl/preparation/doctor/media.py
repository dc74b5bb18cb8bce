"""Media of a manifest: missing, unreadable, or one in the place of another."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mmavl.datasets.manifest import check_manifest
from mmavl.datasets.media_paths import media_path
from mmavl.utils.strict_json import brief

from .annotation import Annotation
from .finding import Finding, examples

_CHUNK = 2**20


def check_entries(
    annotation: Annotation, data_root: str | Path | None, workers: int
) -> Iterator[Finding]:
    """Check a manifest's entries, and their media where there is a data root.

    Yields:
        Finding: One for each kind of problem, with the first as an example.
    """
    manifest = annotation.manifest
    assert manifest is not None  # other kinds of annotation have no entries
    problems = check_manifest(manifest, data_root, workers)
    by_kind: dict[str, dict[str, str]] = defaultdict(dict)
    for number, listed in problems.items():
        clip = manifest['data_list'][number]['clip_id']
        for problem in listed:
            by_kind[problem.kind].setdefault(clip, problem.message)
    for kind, clips in by_kind.items():
        clip, message = next(iter(clips.items()))
        text = f'{len(clips)} clips, e.g. {brief(clip)}: {message}'
        kind = {'missing': 'missing media'}.get(kind, kind)
        yield Finding(str(annotation.path), kind, text, len(clips), len(manifest['data_list']))


def check_copies(annotation: Annotation, data_root: str | Path) -> Iterator[Finding]:
    """Name clips whose sound, or whose only picture, is another clip's file copied.

    A loader or a download that replaces what is missing leaves such copies.
    """
    assert annotation.manifest is not None  # other kinds of annotation have no entries
    entries = annotation.manifest['data_list']
    stills = [e for e in entries if len(e.get('frames') or ()) == 1]
    for what, files in (
        ('sound', [(e['clip_id'], e.get('audio')) for e in entries]),
        ('picture', [(e['clip_id'], e['frames'][0]) for e in stills]),
    ):
        groups = _copies(files, data_root)
        if groups:
            count = sum(map(len, groups))
            text = (
                f'{count} clips have the {what} of another clip under another name '
                f'({examples(" = ".join(group) for group in groups)}): a clip is there twice, or '
                'one was put in the place of another'
            )
            yield Finding(str(annotation.path), 'same media', text, count, len(entries))


def _copies(files: list[tuple[str, object]], data_root: str | Path) -> list[list[str]]:
    """Groups of clips whose files are different ones with the same content."""
    clips: dict[str, str] = {}
    by_size: dict[int, list[str]] = defaultdict(list)
    for clip, name in files:
        path = _existing(name, data_root)
        if path and path not in clips:  # one file in two entries is meant so
            clips[path] = clip
            by_size[os.path.getsize(path)].append(path)
    groups: dict[bytes, list[str]] = defaultdict(list)
    for paths in by_size.values():
        for path in paths if len(paths) > 1 else ():
            groups[_digest(path)].append(clips[path])
    return [sorted(set(group)) for group in groups.values() if len(set(group)) > 1]


def _existing(name: object, data_root: str | Path) -> str:
    if not isinstance(name, str):
        return ''
    try:
        path = os.path.realpath(media_path(data_root, name))
        return path if os.path.isfile(path) else ''
    except (ValueError, OSError):  # named by the checks of entries
        return ''


def _digest(path: str) -> bytes:
    sums = hashlib.blake2b()
    with open(path, 'rb') as file:
        while chunk := file.read(_CHUNK):
            sums.update(chunk)
    return sums.digest()
