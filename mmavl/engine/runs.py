"""Runs by the names of their configs: their checkpoints, prediction dumps and commands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmavl.datasets.manifest import read_manifest
from mmavl.engine.config import load_config
from mmavl.engine.launch import prepare_config, run_test
from mmavl.engine.measurement import localizer_checkpoint, localizer_key
from mmavl.engine.run_checkpoints import latest_checkpoint
from mmavl.errors import ConfigError
from mmavl.evaluation import Prediction, read_predictions
from mmavl.utils.files import is_newer
from mmavl.utils.shipped import find_config


class Runs:
    """The work directories of several configs, what is in them, and what is not.

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
        """Where the predictions of a config are."""
        place = self.named.get(name, self.root / name)
        return place.parent if place.is_file() else place

    def predictions(
        self,
        config: str,
        source: str | None,
        split: str,
        options: Mapping[str, Any] | None = None,
        variant: str = '',
    ) -> tuple[Path, list[Prediction], dict[str, Any]]:
        """A config's predictions on a split, from a dump that is new enough or from the model.

        Args:
            config (str): Its name.
            source (str, optional): The config whose checkpoint it takes, mostly itself; None for
                a model without weights.
            split (str): 'test' or 'val', the config's dataloader.
            options (Mapping, optional): Values of the config that differ, by dotted key.
            variant (str): Added to the name of the folder where they do.

        Returns:
            tuple: The dump's path, the predictions and the dataset's metainfo.

        Raises:
            FileNotFoundError: There is no dump that may be taken, and nothing to make it from.
        """
        checkpoint = None if source is None else self.checkpoint(source)
        options = {**(options or {}), **self.cfg_options}
        dataset = load_config(find_config(config), options)[f'{split}_dataloader'].dataset
        manifest = Path(dataset.data_root, dataset.ann_file)
        folder = self.folder(config + variant)
        dump = folder / f'predictions_{manifest.stem}.npz'
        for path in (dump, folder / 'predictions.npz'):
            if is_newer(path, checkpoint, manifest):
                predictions, metainfo = read_predictions(path)
                if _same_split(metainfo, manifest):
                    return path, predictions, metainfo
        if checkpoint is None and source is not None:
            raise FileNotFoundError(f'no checkpoint; {self.how_to_make(source)}')
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
        weights = None if checkpoint is None else str(checkpoint)
        run_test(cfg, weights, ['oracle_area'], out=str(dump))

    def how_to_make(self, config: str) -> str:
        """The commands that make a checkpoint, as the end of a message."""
        return f'`{" && ".join(self.commands(config))}` makes it'

    def commands(self, config: str) -> list[str]:
        """What trains a config, after what it starts from."""
        cfg = load_config(find_config(config))
        source, key = cfg.get('load_from'), 'load_from'
        command = f'mmavl train {config}'  # by name: also where there is no checkout
        if self.root != Path('work_dirs'):
            command += f' --work-dir {self.root / Path(config).name}'
        if not source and (localizer := localizer_checkpoint(cfg)) is not None:
            source, key = str(localizer), localizer_key(cfg)
        if not source:
            return [command]
        first = Path(source).parent.name
        checkpoint = self.checkpoint(first)
        start = checkpoint or self.root / first / Path(source).name
        if start != Path(source):
            command += f' --cfg-options {key}={start}'
        return [command] if checkpoint else [*self.commands(first), command]


def _same_split(metainfo: dict, manifest: Path) -> bool:
    if not manifest.exists():
        return True
    wanted = read_manifest(manifest)['metainfo']
    return all(metainfo.get(key) == wanted.get(key) for key in ('dataset', 'split'))
