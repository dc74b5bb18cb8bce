"""Converting detected boxes to references of a manifest."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mmavl.errors import ConfigError, DataError
from mmavl.utils.files import atomic_write

from .detector import DetectedBox


def require_classes(detector: Sequence[str], manifest: Sequence[str], source: str | Path) -> None:
    """Check that a detector and a manifest have the same classes, in any order.

    Args:
        detector (Sequence[str]): The detector's class names.
        manifest (Sequence[str]): The manifest's class names.
        source (str | Path): The manifest's path, for the message.

    Raises:
        ConfigError: They differ.
    """
    unknown = sorted(set(manifest) - set(detector))
    foreign = sorted(set(detector) - set(manifest))
    if not unknown and not foreign:
        return
    parts = [f'it lacks {_shorten(unknown)}'] if unknown else []
    parts += [f'it has {_shorten(foreign)}, which the manifest does not have'] if foreign else []
    raise ConfigError(
        f'the detector has other classes than manifest {source}: {"; ".join(parts)}. Train one '
        "with the manifest's class names (configs/detection), or rename the manifest's classes"
    )


def _shorten(names: list[str], limit: int = 5) -> str:
    more = f' and {len(names) - limit} more' if len(names) > limit else ''
    return ', '.join(names[:limit]) + more


def sounding_tags(entry: dict) -> set[str]:
    """The audible classes by a clip's tags: those listed, or those above one half."""
    tags = entry['tags']
    if isinstance(tags, dict):
        return {name for name, probability in tags.items() if probability > 0.5}
    return set(tags)


def box_references(entry: dict, detected: Iterable[DetectedBox]) -> list[dict]:
    """Convert the detected boxes of one frame to a manifest's.

    Boxes of a class that is not among the clip's tags are not references (footnote 8 of the
    paper). They are kept as silent, since the distraction rate needs them.

    Args:
        entry (dict): The clip's entry.
        detected (Iterable[DetectedBox]): The frame's boxes.

    Returns:
        list[dict]: ``bbox`` (normalised xywh), ``label``, ``sounding`` and ``score``.
    """
    sounding = sounding_tags(entry)
    return [
        {
            'bbox': list(box.bbox),
            'label': box.label,
            'sounding': box.label in sounding,
            'score': box.score,
        }
        for box in detected
    ]


class Journal:
    """The boxes detected so far, one line per clip, so that a run can be continued.

    Args:
        path (str | Path): The file; created if it does not exist.
        settings (dict): What the boxes depend on; a journal with other settings is an error.

    Raises:
        DataError: The file is from a run with other settings, or not a journal.
    """

    def __init__(self, path: str | Path, settings: dict) -> None:
        self.path = Path(path)
        self.done: dict[str, dict] = {}
        header = json.dumps({'settings': settings})
        if self.path.exists():
            lines = list(self._whole_lines())
            if not lines or lines[0] != header:
                raise DataError(
                    f'{self.path} is from an interrupted run with another detector, score or '
                    'manifest: delete it, or choose another --out'
                )
            for number, line in enumerate(lines[1:], 2):
                try:
                    clip = json.loads(line)
                    self.done[clip['clip_id']] = clip['boxes']
                except (ValueError, LookupError, TypeError) as error:
                    raise DataError(
                        f'{self.path}, line {number} is damaged ({error}): delete the file'
                    ) from error
        else:
            lines = [header]
        with atomic_write(self.path) as file:  # without an incomplete last line
            file.writelines(f'{line}\n' for line in lines)

    def _whole_lines(self) -> Iterator[str]:
        """All lines except an incomplete last one."""
        for line in self.path.read_text(encoding='utf-8').splitlines(keepends=True):
            if line.endswith('\n'):
                yield line.rstrip('\n')

    def add(self, clip_id: str, boxes: dict[str, list[dict]]) -> None:
        """Add the boxes of one clip, by frame index."""
        self.done[clip_id] = boxes
        with self.path.open('a', encoding='utf-8') as file:
            file.write(json.dumps({'clip_id': clip_id, 'boxes': boxes}) + '\n')

    def remove(self) -> None:
        """Delete the file, once the manifest is written."""
        self.path.unlink()
