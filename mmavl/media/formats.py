"""Recognising videos, sounds and pictures by their suffixes."""

from pathlib import Path

#: Containers of pictures with sound; some contain only sound.
VIDEOS = frozenset({
    '.3g2', '.3gp', '.asf', '.avi', '.divx', '.dv', '.f4v', '.flv', '.m2ts', '.m2v', '.m4v',
    '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.mts', '.mxf', '.ogv', '.ts', '.vob', '.webm',
    '.wmv',
})  # fmt: skip
SOUNDS = frozenset({
    '.aac', '.ac3', '.aif', '.aifc', '.aiff', '.amr', '.au', '.caf', '.flac', '.m4a', '.m4b',
    '.mka', '.mp2', '.mp3', '.oga', '.ogg', '.opus', '.w64', '.wav', '.weba', '.wma', '.wv',
})  # fmt: skip
PICTURES = frozenset({
    '.avif', '.bmp', '.gif', '.jfif', '.jp2', '.jpe', '.jpeg', '.jpg', '.pgm', '.png', '.pnm',
    '.ppm', '.tga', '.tif', '.tiff', '.webp',
})  # fmt: skip


def kind_of(path: str | Path) -> str | None:
    """The kind of a file by its suffix, ignoring case.

    Returns:
        str | None: 'video', 'sound' or 'picture'; None for another suffix.
    """
    suffix = Path(path).suffix.lower()
    kinds = {'video': VIDEOS, 'sound': SOUNDS, 'picture': PICTURES}
    return next((kind for kind, suffixes in kinds.items() if suffix in suffixes), None)
