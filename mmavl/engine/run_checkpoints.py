"""The checkpoints in the folder of a run: which is the newest that can be used."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mmavl.engine.checkpoint import first_non_finite, load_checkpoint
from mmavl.engine.processes import is_first
from mmavl.errors import CheckpointError
from mmavl.utils.tensor_files import read_layout

#: The file that names the checkpoint saved last.
POINTER = 'last_checkpoint'
#: A checkpoint between two regular ones.
INTERRUPTED = 'interrupted.pth'
#: Where checkpoints have the name of their run, which is kept when the run is resumed.
RUN_KEY = 'mmavl_run'
_NAME = re.compile(r'((epoch|iter)_\d+|interrupted)\.pth')


class _Saved(NamedTuple):
    """What a checkpoint holds; later ones are larger.

    ``after_validation`` is for two of the same iteration: ``interrupted.pth`` is saved after the
    validation, that of an epoch before.
    """

    epoch: int
    iteration: int
    after_validation: bool
    path: Path
    run: str | None


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """Find the checkpoint from which ``--resume`` continues.

    It is the one with the most epochs and iterations, whatever the times of the files are. If the
    folder has several runs, it is one of the run that saved last. A checkpoint that cannot be
    used is reported on stderr, and the one before is taken.

    Args:
        work_dir (str | Path): The folder of an earlier run; it may have been moved or copied.

    Returns:
        Path | None: The checkpoint, read completely and found intact; None if there is none.

    Raises:
        CheckpointError: There are checkpoints, but none can be used.
    """
    paths, named = _candidates(Path(work_dir))
    saved, problems = [], []
    for path in paths:
        try:
            saved.append(_read_position(path))
        except CheckpointError as error:
            problems.append(str(error))
    last = next((each for each in saved if each.path == named), None)
    chosen = None
    for each in sorted(saved, key=lambda s: (last is None or s.run == last.run, s), reverse=True):
        try:
            _check_content(each.path)
        except CheckpointError as error:
            problems.append(str(error))
        else:
            chosen = each
            break
    if chosen is None:
        if not problems:
            return None
        raise CheckpointError(
            f'no checkpoint in {work_dir} can be used: {"; ".join(problems)}. Restore one, name '
            'another (--resume FILE), or move them away to start again'
        )
    if problems and is_first():
        used = f'epoch {chosen.epoch}, iteration {chosen.iteration}'
        for problem in problems:
            print(f'warning: {problem}; {chosen.path} is used ({used})', file=sys.stderr)
    return chosen.path


def _candidates(work_dir: Path) -> tuple[list[Path], Path | None]:
    """Checkpoints of training in the folder, and the one named in it as the last.

    The folder is preferred to the one that the pointer names: that is the original of a copy, or
    the ``out_dir`` of the config.
    """
    named = None
    with suppress(OSError):
        named = Path((work_dir / POINTER).read_text(errors='replace').strip())
    for folder in filter(None, (work_dir, named and named.parent)):
        with suppress(OSError, ValueError):  # a damaged pointer is not always a path
            files = {path.name: path for path in folder.glob('*.pth') if path.is_file()}
            last = files.get(named.name) if named else None
            paths = [path for name, path in sorted(files.items()) if _NAME.fullmatch(name)]
            if paths or last:
                return [*paths, *([last] if last and last not in paths else [])], last
    return [], None


def _read_position(path: Path) -> _Saved:
    content = read_layout(path)
    try:
        meta = content['meta']
        run = content.get('message_hub', {}).get('runtime_info', {}).get(RUN_KEY)
        return _Saved(int(meta['epoch']), int(meta['iter']), path.name == INTERRUPTED, path, run)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f'{path} was not saved by a training, or is damaged') from error


def _check_content(path: Path) -> None:
    if name := first_non_finite(load_checkpoint(path)['state_dict'].items()):
        raise CheckpointError(f'{path} has nan or inf in {name}: its training diverged')
