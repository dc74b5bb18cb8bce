"""All frames of a manifest as pictures."""

from pathlib import Path

import numpy as np
from torch.utils.data import Dataset

from mmavl.datasets.manifest_checks import frame_count
from mmavl.datasets.media_paths import media_path
from mmavl.media.image import read_image
from mmavl.media.video import read_video_frame
from mmavl.utils.failures import input_errors


class ManifestFrames(Dataset):
    """The frames of some entries, clip by clip.

    Args:
        entries (list[dict]): Items of a manifest's ``data_list``.
        data_root (str | Path): The folder that their paths are relative to.

    Attributes:
        places (list[tuple[int, int]]): Entry and frame index of each item.
    """

    def __init__(self, entries: list[dict], data_root: str | Path) -> None:
        self.entries = entries
        self.data_root = Path(data_root)
        self.places = [
            (number, index)
            for number, entry in enumerate(entries)
            for index in range(frame_count(entry))
        ]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, item: int) -> np.ndarray:
        """Read a frame, uint8 RGB [H, W, 3].

        Raises:
            DataError: It cannot be read; the message names the clip.
        """
        number, index = self.places[item]
        entry = self.entries[number]
        with input_errors(f'clip {entry["clip_id"]!r}, frame {index}'):
            if 'video' in entry:
                path = media_path(self.data_root, entry['video'])
                return read_video_frame(path, index / entry['fps'])
            return read_image(media_path(self.data_root, entry['frames'][index]))
