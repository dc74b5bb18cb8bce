"""Caching the features of frozen backbones, so that datasets load features instead of media."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import BaseModel, is_model_wrapper
from mmengine.runner import Runner
from torch.utils.data import DataLoader, Dataset

from mmavl.datasets import AVDataset
from mmavl.datasets.feature_cache import FeatureArray, FeatureCache
from mmavl.datasets.feature_filling import fill
from mmavl.datasets.feature_folder import other_caches
from mmavl.datasets.parts import av_datasets
from mmavl.errors import ConfigError, DataError
from mmavl.models.backbones import CachedBackbone
from mmavl.registry import HOOKS
from mmavl.utils.components import component_name
from mmavl.utils.keys import file_key, key_part
from mmavl.utils.shipped import tool_command

_MODALITIES = {'audio': ('audio_features', 'spectrogram'), 'visual': ('image_features', 'image')}


@HOOKS.register_module()
class FeatureCacheHook(Hook):
    """Before training or evaluation, fill the caches of all datasets and attach them.

    A cache is identified by the backbone's structure and weights, the output of the pipeline and
    preprocessor for a first sample, the name, size and time of each media file, and the time of
    each frame. If any of them changes, the features are computed again; the old ones stay until
    ``tools/clean_cache.py`` deletes them. Processes that need the same cache, of one or several
    trainings, share the work. Random augmentation before a cached backbone is an error, since
    the cache would store a single random draw.

    Args:
        cache_dir: Folder of the features. Defaults to None: ``features`` in the data root.
        batch_size: Clips per backbone batch. Defaults to 8, the fastest on CPUs.

    Raises:
        ConfigError: The dataset's pipeline is random.
        DataError: A clip of a test split cannot be read, or no clip can.
        OSError: The folder is not writable, or the disk is full.
    """

    priority = 'LOW'

    def __init__(self, cache_dir: str | None = None, batch_size: int = 8) -> None:
        self.cache_dir = cache_dir
        self.batch_size = batch_size

    def before_train(self, runner: Runner) -> None:
        """Fill the caches of the training and validation data."""
        self._prepare(runner, runner.train_dataloader)
        if runner.val_loop is not None:
            self._prepare(runner, runner.val_dataloader)

    def before_val(self, runner: Runner) -> None:
        """Fill the cache of the validation data in validation-only runs."""
        self._prepare(runner, runner.val_dataloader)

    def before_test(self, runner: Runner) -> None:
        """Fill the cache of the test data."""
        self._prepare(runner, runner.test_dataloader)

    def _prepare(self, runner: Runner, loader: DataLoader) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        parts = {
            modality: getattr(model, f'{modality}_backbone', None) for modality in _MODALITIES
        }
        frozen = {m: part for m, part in parts.items() if isinstance(part, CachedBackbone)}
        if not frozen:
            return
        for dataset in av_datasets(loader.dataset):
            if dataset.features is None:
                dataset.features = self._fill(runner, model, frozen, dataset)

    def _fill(
        self,
        runner: Runner,
        model: BaseModel,
        frozen: dict[str, CachedBackbone],
        dataset: AVDataset,
    ) -> FeatureCache:
        probe = self._inputs(model, pseudo_collate([_first_sample(dataset)]))
        folder = Path(self.cache_dir or Path(dataset.data_root, 'features'))
        arrays, todo = {}, {}
        for modality, backbone in frozen.items():
            name, source = _MODALITIES[modality]
            key = _key(backbone, probe[source], dataset)
            array = FeatureArray(folder / f'{Path(dataset.ann_file).stem}-{name}-{key[:16]}')
            arrays[name] = array
            missing = array.shape is None or array.shape[0] != len(dataset) or array.chunks()[0]
            if missing or array.chunks()[1]:
                todo[array] = modality
            if not missing:
                array.mark_used()
                continue
            with self._advice(runner):
                shape = (len(dataset), *backbone(probe[source]).shape[1:])
                array.create(shape, {'backbone': repr(backbone.backbone)})
        if not todo:
            return FeatureCache({}, **arrays)
        runner.logger.info(f'storing features of {len(dataset)} clips in {folder}')
        if is_main_process() and (others := other_caches(folder, [a.path for a in todo])):
            runner.logger.info(others)

        def compute(samples: list[dict], wanted: list[FeatureArray]) -> list[np.ndarray]:
            inputs = self._inputs(model, pseudo_collate(samples))
            modalities = [todo[array] for array in wanted]
            maps = [frozen[m](inputs[_MODALITIES[m][1]]) for m in modalities]
            return [features.float().cpu().numpy() for features in maps]

        title = f'features of {Path(dataset.ann_file).name}'
        with self._advice(runner):
            reasons = fill(
                list(todo),
                _Prepared(dataset),
                compute,
                self.batch_size,
                workers=1,
                title=title,
                strict=dataset.test_mode,
                show=is_main_process(),
            )
        for index, reason in reasons.items():
            dataset.count_bad(index, reason)
        return FeatureCache(reasons, **arrays)

    @contextmanager
    def _advice(self, runner: Runner) -> Iterator[None]:
        """Add to an error of the folder how to choose another one."""
        try:
            yield
        except OSError as error:
            number = next((n for n, hook in enumerate(_custom_hooks(runner)) if hook), 'N')
            raise OSError(
                error.errno,
                f'features cannot be stored in {error.filename} ({error.strerror}): choose '
                f'another folder with --cfg-options custom_hooks.{number}.cache_dir=FOLDER',
            ) from error

    @staticmethod
    def _inputs(model: BaseModel, batch: dict) -> dict[str, torch.Tensor]:
        inputs = model.data_preprocessor(batch, training=False)['inputs']
        return {
            name: value.to(memory_format=torch.channels_last)
            for name, value in inputs.items()
            if value.ndim == 4
        }


class _Prepared(Dataset):
    """Samples of a dataset; a bad one raises an error, without being opened if it is known."""

    def __init__(self, dataset: AVDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict:
        reason = self.dataset.bad_samples.reason(index)
        if reason is not None:
            raise DataError(reason)
        return self.dataset.prepare_data(index)


def _custom_hooks(runner: Runner) -> list[bool]:
    """For each entry of the config's ``custom_hooks``, whether it is this hook."""
    hooks = getattr(runner, 'cfg', {}).get('custom_hooks') or []
    return [component_name(hook.get('type')) == 'FeatureCacheHook' for hook in hooks]


def _first_sample(dataset: AVDataset) -> dict:
    """The first sample that loads; called before any random number was drawn."""
    before, sample = _random_state(), None
    for index in range(len(dataset)):
        try:
            sample = _Prepared(dataset)[index]
            break
        except DataError as error:
            if dataset.test_mode:
                raise
            print_log(f'{error}; trying the next sample', 'current', 30)
    if sample is None:
        tool = tool_command('dataset_converters/check_manifest.py')
        raise DataError(
            f'none of the {len(dataset)} samples of {dataset.ann_file} can be read: {tool} '
            f'{dataset.ann_file} lists their problems'
        )
    if before != _random_state():
        raise ConfigError(
            f'the pipeline of {dataset.ann_file} is random, so its features cannot be cached: '
            'remove the random transforms, or the CachedBackbone around the backbone'
        )
    return sample


def _random_state() -> tuple:
    _, keys, position, *_ = cast(tuple, np.random.get_state())  # noqa: NPY002  transforms may draw from it
    return random.getstate(), keys.tolist(), position, torch.get_rng_state().tolist()


def _key(backbone: CachedBackbone, probe: torch.Tensor, dataset: AVDataset) -> str:
    digest = hashlib.sha256(backbone.fingerprint().encode())
    digest.update(probe.contiguous().cpu().numpy().tobytes())
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        digest.update(key_part(info['clip_id'], info.get('time')))
        for path in (info.get('img_path'), info.get('video'), info.get('audio_path')):
            if path is not None:
                digest.update(file_key(path, dataset.data_root))
    return digest.hexdigest()
