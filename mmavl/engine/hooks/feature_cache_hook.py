"""Compute the features of frozen backbones once, then let the datasets serve them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import barrier, get_rank, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch.utils.data import DataLoader, Dataset, Subset
from tqdm import tqdm

from mmavl.datasets.feature_cache import FeatureArray, FeatureCache
from mmavl.models.backbones import CachedBackbone
from mmavl.registry import HOOKS

_MODALITIES = {'audio': ('audio_features', 'spectrogram'), 'visual': ('image_features', 'image')}


@HOOKS.register_module()
class FeatureCacheHook(Hook):
    """Before training or evaluation, fill and attach the caches of every dataset concerned.

    A cache is keyed by the backbone's structure and weights, by what the pipeline and the
    preprocessor make of a first sample, and by the name, size and time of every media file; when
    any of them changes, the features are computed anew. Random augmentation in front of a cached
    backbone is refused, since a cache would freeze one draw.

    Args:
        cache_dir: Where the arrays lie. Defaults to None: ``features`` in the data root.
        batch_size: Clips per step of the backbones. Defaults to 8, the fastest on CPUs.

    Raises:
        ValueError: A transform of the dataset's pipeline is random.
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
        for dataset in _av_datasets(loader.dataset):
            if dataset.features is None:
                paths = {}
                for modality, (name, source) in _MODALITIES.items():
                    backbone = getattr(model, f'{modality}_backbone', None)
                    if isinstance(backbone, CachedBackbone):
                        paths[name] = self._fill(runner, model, backbone, dataset, name, source)
                if paths:
                    dataset.features = FeatureCache(**paths)

    def _fill(
        self,
        runner: Runner,
        model: torch.nn.Module,
        backbone: CachedBackbone,
        dataset: Dataset,
        name: str,
        source: str,
    ) -> Path:
        for transform in dataset.pipeline.transforms:
            if getattr(transform, 'random', False):
                raise ValueError(
                    f'{type(transform).__name__} is random and stands before a CachedBackbone; '
                    'remove it from the pipeline, or use the backbone without CachedBackbone'
                )
        probe = self._inputs(model, pseudo_collate([dataset[0]]), source)
        key = _key(backbone, probe, dataset)
        folder = Path(self.cache_dir or Path(dataset.data_root, 'features'))
        array = FeatureArray(folder / f'{Path(dataset.ann_file).stem}-{name}-{key[:16]}.npy')
        if not array.complete:
            if is_main_process():
                array.create((len(dataset), *backbone(probe).shape[1:]))
            barrier()
            missing = array.missing()[get_rank() :: get_world_size()]
            runner.logger.info(f'{name} of {len(missing)} clips go to {array.path}')
            self._compute(model, backbone, dataset, missing.tolist(), array, source)
            barrier()
            if is_main_process():
                array.finish({'key': key, 'backbone': repr(backbone.backbone), 'source': source})
            barrier()
        return array.path

    def _compute(
        self,
        model: torch.nn.Module,
        backbone: CachedBackbone,
        dataset: Dataset,
        indices: list[int],
        array: FeatureArray,
        source: str,
    ) -> None:
        loader = DataLoader(
            Subset(dataset, indices),
            self.batch_size,
            num_workers=1,
            collate_fn=pseudo_collate,
        )
        done = 0
        bar = tqdm(total=len(indices), desc=array.path.stem, disable=not is_main_process())
        for batch in loader:
            features = backbone(self._inputs(model, batch, source))
            rows = indices[done : done + len(features)]
            array.write(rows, features.float().cpu().numpy())
            done += len(features)
            bar.update(len(features))
        bar.close()

    @staticmethod
    def _inputs(model: torch.nn.Module, batch: dict, source: str) -> torch.Tensor:
        inputs = model.data_preprocessor(batch, training=False)['inputs'][source]
        return inputs.to(memory_format=torch.channels_last)


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
        for path in (info.get('img_path'), info.get('video'), info.get('audio_path')):
            if path is not None:
                stat = Path(path).stat()
                digest.update(f'{info["clip_id"]} {stat.st_size} {stat.st_mtime_ns};'.encode())
    return digest.hexdigest()
