"""The runs that a table's rows are made of: their checkpoints, dumps and commands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmavl.datasets.manifest import read_manifest
from mmavl.engine.checkpoint import latest_checkpoint
from mmavl.engine.config import load_config
from mmavl.engine.launch import prepare_config, run_test
from mmavl.engine.separation_rows import localizer_checkpoint
from mmavl.errors import ConfigError
from mmavl.evaluation import Prediction, read_predictions
from mmavl.evaluation.paper_tables import Row
from mmavl.utils.files import is_newer
from mmavl.utils.shipped import find_config


class TableRuns:
    """The work directories of a table's rows, what is in them, and what is not.

    Args:
        work_dirs (str | Path): Where the runs are, each in a folder by its config's name.
        elsewhere (Sequence[str]): ``NAME=PATH`` of checkpoints and work directories that are not
            there.
        dumps_only (bool): Whether no model may be run. Defaults to False.
        cfg_options (Mapping, optional): Override values of every config.
        dtype (str, optional): What models compute in, see ``prepare_config``. Dumps that are there
            are taken whatever they were computed in. Defaults to what each config says.

    Raises:
        ConfigError: One of ``elsewhere`` is not NAME=PATH, or names no path that exists.
    """

    def __init__(
        self,
        work_dirs: str | Path,
        elsewhere: Sequence[str] = (),
        dumps_only: bool = False,
        cfg_options: Mapping[str, Any] | None = None,
        dtype: str | None = None,
    ) -> None:
        self.root = Path(work_dirs)
        self.dumps_only = dumps_only
        self.cfg_options = dict(cfg_options or {})
        self.dtype = dtype
        self.named = {}
        for pair in elsewhere:
            name, _, path = pair.partition('=')
            if not path or not Path(path).exists():
                raise ConfigError(f'--run {pair}: give the name of a config and an existing path')
            self.named[name] = Path(path)

    def checkpoint(self, name: str) -> Path | None:
        """The last checkpoint of a config's run."""
        place = self.named.get(name, self.root / name)
        return place if place.is_file() else latest_checkpoint(place)

    def folder(self, name: str) -> Path:
        """Where the predictions of a row are."""
        place = self.named.get(name, self.root / name)
        return place.parent if place.is_file() else place

    def predictions(
        self, row: Row, data: str, checkpoint: Path | None, split: str
    ) -> tuple[Path, list[Prediction], dict[str, Any]]:
        """A row's predictions on a split, from a dump that is new enough or from the model.

        Args:
            row (Row): The row.
            data (str): One of the datasets that it has a config for.
            checkpoint (Path, optional): None: there is none, only a dump will do (or the model
                has no weights).
            split (str): 'test' or 'val', the config's dataloader.

        Returns:
            tuple: The dump's path, the predictions and the dataset's metainfo.

        Raises:
            FileNotFoundError: There is no dump that may be taken, and nothing to make it from.
        """
        config = row.configs[data]
        options = {**row.options, **self.cfg_options}
        cfg = load_config(find_config(config), options)
        dataset = cfg[f'{split}_dataloader'].dataset
        manifest = Path(dataset.data_root, dataset.ann_file)
        folder = self.folder(config + row.variant)
        dump = folder / f'predictions_{manifest.stem}.npz'
        for path in (dump, folder / 'predictions.npz'):
            if is_newer(path, checkpoint, manifest):
                predictions, metainfo = read_predictions(path)
                if _same_split(metainfo, manifest):
                    return path, predictions, metainfo
        if checkpoint is None and row.trained != 'none':
            commands = ' && '.join(self.commands(row.source(data)))
            raise FileNotFoundError(f'no checkpoint; `{commands}` makes it')
        if self.dumps_only:
            raise FileNotFoundError(f'no dump in {folder} is newer than checkpoint and manifest')
        self._run(config, options, checkpoint, split, dump)
        return dump, *read_predictions(dump)

    def _run(
        self, config: str, options: dict, checkpoint: Path | None, split: str, dump: Path
    ) -> None:
        """Evaluate a checkpoint, for its dump."""
        logs = self.root / 'tables' / 'logs' / dump.parent.name
        cfg = prepare_config(find_config(config), str(logs), self.dtype, options)
        cfg.default_hooks.pop('visualization')  # would overwrite the pictures of a real test
        cfg.test_dataloader = cfg[f'{split}_dataloader']
        run_test(cfg, checkpoint and str(checkpoint), ['oracle_area'], out=str(dump))

    def commands(self, config: str) -> list[str]:
        """What trains a config, after what it starts from."""
        cfg = load_config(find_config(config))
        source, key = cfg.get('load_from'), 'load_from'
        command = f'mmavl train {config}'  # by name: also where there is no checkout
        if self.root != Path('work_dirs'):
            command += f' --work-dir {self.root / Path(config).name}'
        if not source and (localizer := localizer_checkpoint(cfg)) is not None:
            source, key = str(localizer), 'custom_hooks.1.checkpoint'
        if not source:
            return [command]
        first = Path(source).parent.name
        found = self.checkpoint(first)
        start = found or self.root / first / Path(source).name
        if start != Path(source):
            command += f' --cfg-options {key}={start}'
        return [command] if found else [*self.commands(first), command]


def _same_split(metainfo: dict, manifest: Path) -> bool:
    if not manifest.exists():
        return True
    wanted = read_manifest(manifest)['metainfo']
    return all(metainfo.get(key) == wanted.get(key) for key in ('dataset', 'split'))
