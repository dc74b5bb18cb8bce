"""What a command refuses before PyTorch is imported or a model is loaded."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmavl.errors import DataError
from mmavl.utils.files import missing_checkpoint
from mmavl.utils.names import one_line
from mmavl.utils.shipped import missing_config


def check_inputs(inputs: list[Any], out: str) -> None:
    """Check the inputs and the output folder of a command; reads no media.

    Inputs that cannot be used are named on stderr if there are others.

    Raises:
        DataError: No input can be used.
        OSError, ValueError: See :func:`check_folder` and :func:`check_out_dir`.
    """
    from mmavl.apis.clips import check_out_dir, list_clips

    clips, failures = list_clips(inputs)
    if not clips:
        raise DataError('; '.join(failure.message for failure in failures))
    check_folder(out)
    check_out_dir(clips, out)
    for failure in failures:
        print(one_line(f'left out: {failure.message}'), file=sys.stderr)


def check_folder(folder: str) -> None:
    """Check that results can be written to a folder, without creating it.

    Raises:
        OSError: A file is in the way, or the folder is read-only.
    """
    place = Path(folder)
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise NotADirectoryError(f'--out {folder}: {place} is a file, not a folder')
    if not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(f'--out {folder}: {place} is read-only')


def check_model(args: argparse.Namespace) -> None:
    """Check ``--model``, ``--weights`` and ``--device``.

    Raises:
        FileNotFoundError: There is no such config, model or file.
        ConfigError: The device is not available.
    """
    from mmavl.apis.model_names import check_names

    check_names(args.model, args.weights)
    if args.device:
        from mmavl.utils.devices import check_device

        check_device(args.device)


def check_run(config: str, checkpoint: str | None = None) -> None:
    """Check the files of a training or a test.

    Raises:
        FileNotFoundError: One of them does not exist.
    """
    if not Path(config).is_file():
        raise FileNotFoundError(missing_config(config))
    if checkpoint is not None and not Path(checkpoint).expanduser().is_file():
        raise FileNotFoundError(missing_checkpoint(checkpoint))


def check_paths(paths: Iterable[str | Path], problem: str) -> None:
    """Check that at least one of several files or folders exists.

    Raises:
        FileNotFoundError: None does.
    """
    paths = list(paths)
    if not any(Path(path).exists() for path in paths):
        raise FileNotFoundError(f'{", ".join(map(str, paths))} {problem}')
