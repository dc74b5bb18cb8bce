"""Example scenes for the page, from a manifest."""

import os
from dataclasses import dataclass
from pathlib import Path

from mmavl.datasets.manifest import read_checked_manifest
from mmavl.datasets.media_paths import media_path
from mmavl.utils.shipped import shipped

#: Default location of InstrumentScenes' test scenes.
SCENES = 'data/instrument_scenes/test.json'


@dataclass(frozen=True)
class Example:
    """A picture, its sound, and their annotations."""

    image: str
    audio: str
    caption: str


def find_scenes() -> Path | None:
    """The manifest of InstrumentScenes' test scenes, if built here or in mmavl's checkout."""
    candidates = (folder / SCENES for folder in (Path.cwd(), shipped().resolve().parent))
    return next((path for path in candidates if path.is_file()), None)


def list_examples(manifest: str | Path, count: int = 9) -> list[Example]:
    """Select scenes evenly spread over a manifest.

    Args:
        manifest (str | Path): A manifest of clips with frames.
        count (int): Maximum number. Defaults to 9.

    Raises:
        DataError: It is missing, or not a manifest.
    """
    root, clips = Path(manifest).parent, read_checked_manifest(manifest)['data_list']
    clips = clips[:: max(len(clips) // count, 1)][:count]
    return [
        Example(
            os.path.abspath(media_path(root, clip['frames'][len(clip['frames']) // 2])),
            os.path.abspath(media_path(root, clip['audio'])),
            ', '.join(clip.get('tags', ())),
        )
        for clip in clips
        if clip.get('frames')
    ]
