"""An index of the media in a folder, by clip id."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mmavl.media.formats import kind_of

_YOUTUBE_ID = 11


@dataclass
class Source:
    """The media of one clip: a video, or files already extracted from it.

    Attributes:
        video (str): A video file, or ''.
        audio (str): A sound file, or ''.
        images (list[str]): Its frames in order; one for a still image.
        more (list[str]): Further files of the same id and kind, which are ignored.
    """

    video: str = ''
    audio: str = ''
    images: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The file to name in messages."""
        return self.video or self.audio or next(iter(self.images), '')


def walk_media(
    root: Path, skip: Iterable[Path] = (), unreadable: list[OSError] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Folders below a folder, and the files in each, sorted and without hidden ones.

    Links to folders are followed, unless they lead to a parent folder.

    Args:
        root (Path): The top folder.
        skip (Iterable[Path]): Folders to skip, e.g. the output folder.
        unreadable (list, optional): Filled with the errors of unreadable folders.

    Yields:
        tuple: A folder's path and the names of its files.
    """
    left_alone = {os.path.realpath(folder) for folder in skip}
    above = {str(root): {os.path.realpath(root)}}
    note = None if unreadable is None else unreadable.append
    for folder, folders, names in os.walk(root, onerror=note, followlinks=True):
        parents = above.pop(folder)
        inside = {}
        for name in sorted(folders):
            path = os.path.join(folder, name)
            real = os.path.realpath(path)
            if not name.startswith('.') and real not in left_alone and real not in parents:
                inside[name] = above[path] = parents | {real}
        folders[:] = list(inside)
        yield folder, sorted(name for name in names if not name.startswith('.'))


class MediaIndex:
    """The videos, sounds, frame folders and images below a folder.

    The id of a file is its name without suffix. If ids are given, common variants of
    downloaders are also recognised: ``Y{id}``; a YouTube id (11 characters)
    followed by ``_`` or ``.`` and e.g. the seconds; and a folder of numbered images named
    ``{id}`` or ``{id}.mp4``, which are the frames of that id.

    Args:
        root (Path): The folder; links to folders are followed.
        ids (Iterable[str], optional): The ids to look for. Defaults to all names.
        skip (Iterable[Path]): Folders to skip, e.g. the output folder.

    Attributes:
        unreadable (list[OSError]): Errors of unreadable folders.
    """

    def __init__(
        self, root: Path, ids: Iterable[str] | None = None, skip: Iterable[Path] = ()
    ) -> None:
        if not root.is_dir():
            raise FileNotFoundError(f'{root} is not a folder of media: check --media')
        self._ids = None if ids is None else set(ids)
        self._found: dict[str, Source] = {}
        self.unreadable: list[OSError] = []
        for folder, names in walk_media(root, skip, self.unreadable):
            self._add_folder(Path(folder), names, folder == str(root))

    def _add_folder(self, folder: Path, names: list[str], top: bool) -> None:
        pictures = [name for name in names if kind_of(name) == 'picture']
        frames_id = None if top or self._ids is None else self._key(_bare(folder.name))
        if frames_id is not None and pictures and all(_is_numbered(name) for name in pictures):
            ordered = sorted(pictures, key=lambda name: int(Path(name).stem))
            self._put(frames_id, 'images', [str(folder / name) for name in ordered])
            pictures = []
        for name in names:
            kind = _kind(name)
            if kind == 'images' and name not in pictures:
                continue
            key = self._key(_bare(name)) if kind else None
            if key is not None:
                path = str(folder / name)
                self._put(key, kind, [path] if kind == 'images' else path)

    def _put(self, key: str, kind: str, value: str | list[str]) -> None:
        source = self._found.setdefault(key, Source())
        if getattr(source, kind):
            source.more.append(value if isinstance(value, str) else value[0])
        else:
            setattr(source, kind, value)

    def _key(self, stem: str) -> str | None:
        """The id that a name belongs to; None if it is not requested."""
        if self._ids is None or stem in self._ids:
            return stem
        for name in (stem, stem[1:] if stem.startswith('Y') else ''):
            if name in self._ids:
                return name
            short = name[:_YOUTUBE_ID]
            if short in self._ids and name[_YOUTUBE_ID : _YOUTUBE_ID + 1] in ('_', '.'):
                return short
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def find(self, clip_id: str) -> Source | None:
        """The media of a clip; None if there are none."""
        return self._found.get(clip_id)


def _is_numbered(name: str) -> bool:
    return re.fullmatch('[0-9]{1,9}', Path(name).stem) is not None


def _bare(name: str) -> str:
    """A file or folder name without a media suffix."""
    return os.path.splitext(name)[0] if kind_of(name) else name


def _kind(name: str) -> str:
    """The field of :class:`Source` for a file; '' if it is not media."""
    return {'video': 'video', 'sound': 'audio', 'picture': 'images'}.get(kind_of(name) or '', '')
