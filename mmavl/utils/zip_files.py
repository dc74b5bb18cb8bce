"""Zip files that are what they say: whole, and not far smaller than what they unpack to."""

import zipfile
from pathlib import Path

#: A checkpoint has one entry for each tensor.
_MOST_ENTRIES = 100_000


def zip_problem(path: str | Path, largest: int | None = None, check_sums: bool = True) -> str:
    """Why a zip file should not be read; nothing is unpacked to find it out.

    Args:
        path (str | Path): The file, which exists.
        largest (int, optional): Bytes that its entries may have together. Defaults to None: those
            of the file, since what numpy and PyTorch write is not compressed.
        check_sums (bool): Compare each entry with its check sum, at about the disk's speed.
            Defaults to True.

    Returns:
        str: To follow the file's name in a message; empty for a file that is all right.
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
                    f'{largest:,} bytes that such a file may hold'
                )
            damaged = archive.testzip() if check_sums else None
            if damaged is not None:
                return f'is damaged: the check sum of {damaged!r} in it is wrong'
    except Exception as error:  # broken tables of contents raise nearly any type
        return f'is damaged, or not a zip file: {error}'
    return ''
