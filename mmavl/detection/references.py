"""From detected boxes to a manifest's references."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mmavl.errors import ConfigError, DataError
from mmavl.utils.files import atomic_write

from .detector import DetectedBox


def require_classes(detector: Sequence[str], manifest: Sequence[str], source: str | Path) -> None:
    """Check that a detector knows the manifest's classes and no others; their order is free.

    Args:
        detector (Sequence[str]): The detector's class names.
        manifest (Sequence[str]): The manifest's.
        source (str | Path): The manifest's name, for the message.

    Raises:
        ConfigError: They differ.
    """
    unknown = sorted(set(manifest) - set(detector))
    foreign = sorted(set(detector) - set(manifest))
    if not unknown and not foreign:
        return
    parts = [f'it does not know {_shorten(unknown)}'] if unknown else []
    parts += [f'it knows {_shorten(foreign)}, which the manifest does not have'] if foreign else []
    raise ConfigError(
        f'the detector is for other classes than manifest {source}: {"; ".join(parts)}. Train one '
        "with the manifest's class names (configs/detection), or rename the manifest's classes"
    )


def _shorten(names: list[str], limit: int = 5) -> str:
    more = f' and {len(names) - limit} more' if len(names) > limit else ''
    return ', '.join(names[:limit]) + more


def sounding_tags(entry: dict) -> set[str]:
    """The classes that a clip's tags say are heard: those listed, or those above one half."""
    tags = entry['tags']
    if isinstance(tags, dict):
        return {name for name, probability in tags.items() if probability > 0.5}
    return set(tags)


def box_references(entry: dict, detected: Iterable[DetectedBox]) -> list[dict]:
    """Make one frame's detected boxes the manifest's.

    Boxes of a class that the clip's tags do not name are not references (footnote 8 of the
    paper). They are kept as silent: the distraction rate needs them.

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
    """What has been detected so far, one line for each clip, so that a run can go on.

    Args:
        path (str | Path): The file; made anew where there is none.
        settings (dict): What the boxes depend on; a journal of other settings is refused.

    Raises:
        DataError: The file is of a run with other settings, or no journal.
    """

    def __init__(self, path: str | Path, settings: dict) -> None:
        self.path = Path(path)
        self.done: dict[str, dict] = {}
        header = json.dumps({'settings': settings})
        if self.path.exists():
            lines = list(self._whole_lines())
            if not lines or lines[0] != header:
                raise DataError(
                    f'{self.path} is what an interrupted run with another detector, score or '
                    'manifest left: delete it, or choose another --out'
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
        with atomic_write(self.path) as file:  # without a last line that was cut off
            file.writelines(f'{line}\n' for line in lines)

    def _whole_lines(self) -> Iterator[str]:
        """Every line but a last one that was cut off."""
        for line in self.path.read_text(encoding='utf-8').splitlines(keepends=True):
            if line.endswith('\n'):
                yield line.rstrip('\n')

    def add(self, clip_id: str, boxes: dict[str, list[dict]]) -> None:
        """Note one clip's boxes, by frame index."""
        self.done[clip_id] = boxes
        with self.path.open('a', encoding='utf-8') as file:
            file.write(json.dumps({'clip_id': clip_id, 'boxes': boxes}) + '\n')

    def remove(self) -> None:
        """Delete the file, once the manifest is written."""
        self.path.unlink()
