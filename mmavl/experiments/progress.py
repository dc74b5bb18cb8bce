"""What is done, and how long the rest may take."""

import time
from collections.abc import Sequence
from pathlib import Path

from mmavl.utils.names import one_line

from .scheduler import Failure
from .trial import read_outcome


class Progress:
    """Prints a line for each trial."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.left = self.all = sum(read_outcome(folder) is None for folder in folders)
        self.start = time.monotonic()

    def __call__(self, folder: Path, failure: Failure | None) -> None:
        """A trial has ended."""
        self.left -= 1
        minutes = (time.monotonic() - self.start) / 60
        rest = minutes / (self.all - self.left) * self.left
        name = f'{folder.parent.name}, {folder.name}'
        state = f'failed: {failure.reason}' if failure else 'done'
        print(
            one_line(f'{name}: {state}; after {minutes:.0f} min, about {rest:.0f} min left'),
            flush=True,
        )
