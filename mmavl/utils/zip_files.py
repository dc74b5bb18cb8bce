"""Checking zip files: they must be intact, and must not unpack to far more than their size."""

import zipfile
from pathlib import Path

#: Maximum number of entries; a checkpoint has one per tensor.
_MOST_ENTRIES = 100_000


def is_zip(path: str | Path) -> bool:
    """Whether a file begins like a zip file, which is also what PyTorch looks at."""
    with open(path, 'rb') as file:
        return file.read(4) == b'PK\x03\x04'


def zip_problem(path: str | Path, largest: int | None = None, check_sums: bool = True) -> str:
    """Why a zip file should not be read, found without unpacking it.

    Args:
        path (str | Path): The file, which must exist.
        largest (int, optional): Maximum total bytes of its entries. Defaults to None: the size
            of the file, since numpy and PyTorch do not compress.
        check_sums (bool): Verify the checksum of each entry, at about the disk's speed.
            Defaults to True.

    Returns:
        str: The end of a sentence about the file; empty if the file is fine.
    """
    if largest is None:
        largest = Path(path).stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            if size > largest or len(entries) > _MOST_ENTRIES:
                return (
                    f'unpacks to {size:,} bytes in {len(entries):,} files, more than the '
                    f'{largest:,} bytes allowed for such a file'
                )
            damaged = archive.testzip() if check_sums else None
            if damaged is not None:
                return f'is damaged: the checksum of {damaged!r} in it is wrong'
    except Exception as error:  # damaged tables of contents raise almost any type
        return f'is damaged, or not a zip file: {error}'
    return ''
