"""Compute the features of frozen backbones once, then let the datasets serve them."""

import hashlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import barrier, get_rank, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from mmavl.datasets.feature_cache import FeatureArray, FeatureCache
from mmavl.datasets.feature_folder import other_caches
from mmavl.errors import ConfigError, DataError
from mmavl.models.backbones import CachedBackbone
from mmavl.registry import HOOKS

_MODALITIES = {'audio': ('audio_features', 'spectrogram'), 'visual': ('image_features', 'image')}


@HOOKS.register_module()
class FeatureCacheHook(Hook):
    """Before training or evaluation, fill and attach the caches of every dataset concerned.

    A cache is keyed by the backbone's structure and weights, by what the pipeline and the
    preprocessor make of a first sample, by the name, size and time of every media file, and by
    the moment of every frame; when any of them changes, the features are computed anew, and the
    old ones stay until ``tools/clean_cache.py`` deletes them. Random augmentation in front of a
    cached backbone is refused, since a cache would freeze one draw.

    Args:
        cache_dir: Where the arrays lie. Defaults to None: ``features`` in the data root.
        batch_size: Clips per step of the backbones. Defaults to 8, the fastest on CPUs.

    Raises:
        ConfigError: The dataset's pipeline is random.
        DataError: A clip of a test split cannot be read, or no clip can.
    """

    priority = 'LOW'

    def __init__(self, cache_dir: str | None = None, batch_size: int = 8) -> None:
        self.cache_dir = cache_dir
        self.batch_size = batch_size

    def before_train(self, runner: Runner) -> None:
        """Fill the caches of the training and the validation data."""
        self._prepare(runner, runner.train_dataloader)
        if runner.val_loop is not None:
            self._prepare(runner, runner.val_dataloader)

    def before_val(self, runner: Runner) -> None:
        """Fill the cache of the validation data when validating without training."""
        self._prepare(runner, runner.val_dataloader)

    def before_test(self, runner: Runner) -> None:
        """Fill the cache of the test data."""
        self._prepare(runner, runner.test_dataloader)

    def _prepare(self, runner: Runner, loader: DataLoader) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        frozen = {
            modality: getattr(model, f'{modality}_backbone', None) for modality in _MODALITIES
        }
        frozen = {m: b for m, b in frozen.items() if isinstance(b, CachedBackbone)}
        if not frozen:
            return
        for dataset in _av_datasets(loader.dataset):
            if dataset.features is None:
                dataset.features = self._fill(runner, model, frozen, dataset)

    def _fill(
        self, runner: Runner, model: nn.Module, frozen: dict[str, CachedBackbone], dataset: Dataset
    ) -> FeatureCache:
        probe = self._inputs(model, pseudo_collate([_first_sample(dataset)]))
        folder = Path(self.cache_dir or Path(dataset.data_root, 'features'))
        arrays, paths = {}, {}
        for modality, backbone in frozen.items():
            name, source = _MODALITIES[modality]
            key = _key(backbone, probe[source], dataset)
            array = FeatureArray(folder / f'{Path(dataset.ann_file).stem}-{name}-{key[:16]}.npy')
            if array.complete:
                array.mark_used()
            else:
                if is_main_process():
                    array.create((len(dataset), *backbone(probe[source]).shape[1:]))
                arrays[modality] = array
            paths[name] = array.path
        barrier()
        if arrays:
            runner.logger.info(f'features of {len(dataset)} clips go to {folder}')
            if is_main_process() and (others := other_caches(folder, paths.values())):
                runner.logger.info(others)
            self._compute(model, {m: frozen[m] for m in arrays}, arrays, dataset)
            barrier()
            if is_main_process():
                for modality, array in arrays.items():
                    array.finish({'backbone': repr(frozen[modality].backbone)})
            barrier()
        return FeatureCache(**paths)

    def _compute(
        self,
        model: nn.Module,
        frozen: dict[str, CachedBackbone],
        arrays: dict[str, FeatureArray],
        dataset: Dataset,
    ) -> None:
        missing = np.unique(np.concatenate([array.missing() for array in arrays.values()]))
        mine = missing[missing % get_world_size() == get_rank()].tolist()
        loader = DataLoader(
            _Readable(dataset, mine),
            self.batch_size,
            num_workers=1,
            collate_fn=list,
            generator=torch.Generator(),  # a run draws the same numbers whether it fills or not
        )
        title = f'features of {Path(dataset.ann_file).name}'
        with tqdm(total=len(mine), desc=title, disable=not is_main_process()) as bar:
            for batch in loader:
                rows = [index for index, sample in batch if sample is not None]
                bad = [index for index, sample in batch if sample is None]
                inputs = {}
                if rows:
                    samples = pseudo_collate([s for _, s in batch if s is not None])
                    inputs = self._inputs(model, samples)
                for modality, array in arrays.items():
                    array.write_bad(bad)
                    if rows:
                        features = frozen[modality](inputs[_MODALITIES[modality][1]])
                        array.write(rows, features.float().cpu().numpy())
                bar.update(len(batch))
        for array in arrays.values():
            array.sync()

    @staticmethod
    def _inputs(model: nn.Module, batch: dict) -> dict[str, torch.Tensor]:
        inputs = model.data_preprocessor(batch, training=False)['inputs']
        return {
            name: value.to(memory_format=torch.channels_last)
            for name, value in inputs.items()
            if value.ndim == 4
        }


class _Readable(Dataset):
    """(index, sample) of a dataset; the sample is None where a training clip is broken."""

    def __init__(self, dataset: Dataset, indices: list[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, position: int) -> tuple[int, dict | None]:
        index = self.indices[position]
        try:
            return index, self.dataset.prepare_data(index)
        except DataError:
            if self.dataset.test_mode:
                raise
            return index, None


def _first_sample(dataset: Dataset) -> dict:
    """The first sample that loads; must not have touched a random generator."""
    before = _random_state()
    readable = _Readable(dataset, list(range(len(dataset))))
    loaded = (readable[index][1] for index in range(len(dataset)))
    sample = next((s for s in loaded if s is not None), None)
    if sample is None:
        raise DataError(
            f'none of the {len(dataset)} samples of {dataset.ann_file} can be read: '
            'tools/dataset_converters/check_manifest.py names what is wrong with each'
        )
    if before != _random_state():
        raise ConfigError(
            f'the pipeline of {dataset.ann_file} is random, and a cache of features would freeze '
            'one draw: remove the random transforms, or the CachedBackbone around the backbone'
        )
    return sample


def _random_state() -> tuple:
    _, keys, position, *_ = np.random.get_state()  # noqa: NPY002  transforms may draw from it
    return random.getstate(), keys.tolist(), position, torch.get_rng_state().tolist()


def _av_datasets(dataset: Dataset) -> Iterator[Dataset]:
    """The datasets inside mmengine's wrappers (ConcatDataset, RepeatDataset, ...)."""
    if hasattr(dataset, 'features'):
        yield dataset
    elif hasattr(dataset, 'dataset'):
        yield from _av_datasets(dataset.dataset)
    else:
        for part in getattr(dataset, 'datasets', ()):
            yield from _av_datasets(part)


def _key(backbone: CachedBackbone, probe: torch.Tensor, dataset: Dataset) -> str:
    digest = hashlib.sha256(backbone.fingerprint().encode())
    digest.update(probe.contiguous().cpu().numpy().tobytes())
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        digest.update(f'{info["clip_id"]} at {info.get("time")};'.encode())
        for path in (info.get('img_path'), info.get('video'), info.get('audio_path')):
            if path is not None and Path(path).is_file():
                name, stat = os.path.relpath(path, dataset.data_root), Path(path).stat()
                digest.update(f'{name} {stat.st_size} {stat.st_mtime_ns};'.encode())
    return digest.hexdigest()
