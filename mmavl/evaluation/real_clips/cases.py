"""The file of cases: hand-drawn boxes of what sounds in a folder of clips."""

from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, TypeGuard

from mmavl.errors import DataError
from mmavl.utils.strict_json import brief, read_json

#: xyxy relative to the frame's width and height.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Mark:
    """A box and its label.

    Attributes:
        label (str): A label in words.
        box (Box): xyxy in 0..1.
        class_name (str, optional): The class, if the file gives it.
    """

    label: str
    box: Box
    class_name: str | None = None

    @property
    def area(self) -> float:
        """Area of the box, relative to the frame."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


@dataclass(frozen=True)
class Case:
    """One sounding object in one frame of a clip.

    Attributes:
        file (Path): The clip, or a picture.
        time (float, optional): Time of the frame in seconds; None for a picture.
        mark (Mark): The sounding object.
        silent (tuple[Mark, ...]): Objects that could sound but are silent.
        others (tuple[Mark, ...]): Other sounding objects.
        sources (int): Number of sources in the clip.
        audio (Path, optional): The sound of a picture; None for a clip, which has its own sound.
    """

    file: Path
    time: float | None
    mark: Mark
    silent: tuple[Mark, ...] = ()
    others: tuple[Mark, ...] = ()
    sources: int = 1
    audio: Path | None = None

    @property
    def frame(self) -> tuple[str, str, float | None]:
        """Identifies the frame and sound: the picture's file, the sound's, and the time."""
        return str(self.file), str(self.audio or self.file), self.time

    @property
    def clip(self) -> dict[str, Any]:
        """The input for an inferencer."""
        if self.audio is None:
            return {'video': str(self.file), 'time': self.time}
        return {'image': str(self.file), 'audio': str(self.audio)}


def read_cases(path: str | Path) -> list[Case]:
    """Read a file of cases; paths of clips are relative to it, and are not opened.

    Args:
        path (str): JSON, a list of objects with ``file``, ``t`` (second) or, for a picture,
            ``audio``, ``label`` and ``box`` (xyxy in 0..1); optionally ``class`` or
            ``class15`` (a class name), ``silent_boxes`` and ``other_sounding`` (lists of
            objects with ``label`` and ``box``), and ``sources``.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is not such a file; the message names the case and the field.
    """
    entries = read_json(path, 'file of cases', 'see docs/real_clips.md for the format')
    if not isinstance(entries, list) or not entries:
        raise DataError(f'{path} is not a list of cases')
    return [_case(entry, Path(path), number) for number, entry in enumerate(entries, start=1)]


def _case(entry: Any, path: Path, number: int) -> Case:
    where = f'{path}, case {number}'
    if not isinstance(entry, dict):
        raise DataError(f'{where} is not an object: {brief(entry)}')
    file = _text(entry, 'file', where)
    audio = path.parent / _text(entry, 'audio', where) if 'audio' in entry else None
    sources = entry.get('sources', 1 + len(entry.get('other_sounding') or ()))
    if not isinstance(sources, int) or isinstance(sources, bool) or sources < 1:
        raise DataError(f'{where}: sources={brief(sources)} is not a number of sources')
    return Case(
        path.parent / file,
        _time(entry, where),
        _mark(entry, where),
        _marks(entry, 'silent_boxes', where),
        _marks(entry, 'other_sounding', where),
        sources,
        audio,
    )


def _time(entry: dict, where: str) -> float | None:
    time = entry.get('t')
    if 'audio' in entry:
        if time is not None:
            raise DataError(f'{where} has both audio and t: t is for a clip with its own sound')
        return None
    if not _is_number(time) or time < 0:
        raise DataError(f'{where}: t={brief(time)} is not a second of the clip')
    return float(time)


def _marks(entry: dict, key: str, where: str) -> tuple[Mark, ...]:
    marks = entry.get(key) or []
    if not isinstance(marks, list) or not all(isinstance(mark, dict) for mark in marks):
        raise DataError(f'{where}: {key} is not a list of objects: {brief(marks)}')
    return tuple(_mark(mark, f'{where}, {key} {n}') for n, mark in enumerate(marks, start=1))


def _mark(entry: dict, where: str) -> Mark:
    box = entry.get('box')
    if not isinstance(box, list) or len(box) != 4 or not all(map(_is_number, box)):
        raise DataError(f'{where}: box={brief(box)} is not four numbers: left, top, right, bottom')
    left, top, right, bottom = map(float, box)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise DataError(f'{where}: box={brief(box)} must be xyxy from 0 to 1 of the frame')
    name = entry.get('class') or entry.get('class15')
    if name is not None and not isinstance(name, str):
        raise DataError(f'{where}: class={brief(name)} is not a name')
    return Mark(_text(entry, 'label', where), (left, top, right, bottom), name)


def _text(entry: dict, key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f'{where}: {key}={brief(value)} is not a text')
    return value


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, Real) and not isinstance(value, bool) and value == value
