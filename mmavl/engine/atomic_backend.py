"""A file backend that never leaves incomplete files."""

from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from mmavl.utils.files import atomic_write


class AtomicBackend(LocalBackend):
    """The local disk, written by a temporary file, fsync and a rename."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes; at any time, ``filepath`` is the complete old or new file.

        Args:
            obj (bytes): The content.
            filepath (str | Path): The file.

        Raises:
            OSError: The file cannot be written; the old one is unchanged.
        """
        try:
            with atomic_write(filepath, 'wb') as file:
                file.write(obj)
        except OSError as error:
            raise OSError(
                error.errno,
                f'{error.strerror} while writing {len(obj) / 1e6:.1f} MB; earlier checkpoints are '
                'intact. Free disk space and run the same command with --resume',
                str(filepath),
            ) from error


register_backend('atomic', AtomicBackend)
