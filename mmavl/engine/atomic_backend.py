"""A file backend that never leaves half of a file."""

from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mmavl.utils.files import atomic_write


class AtomicBackend(LocalBackend):
    """The local disk, written through a temporary file, fsync and a rename."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; ``filepath`` is the old file or the new one at any time.

        Args:
            obj (bytes): The content.
            filepath (str | Path): The file.

        Raises:
            OSError: The disk is full or refuses; the old file is still there.
        """
        try:
            with atomic_write(filepath, 'wb') as file:
                file.write(obj)
        except OSError as error:
            raise OSError(
                error.errno,
                f'{error.strerror} while writing {len(obj) / 1e6:.1f} MB; earlier checkpoints are '
                'whole. Make room and run the same command with --resume',
                str(filepath),
            ) from error


register_backend('atomic', AtomicBackend)
