"""The dataset of fixed mixtures, for validation and testing."""

from collections.abc import Sequence

import torch

from mmavl.errors import ConfigError, DataError
from mmavl.registry import DATASETS
from mmavl.structures import AVDataSample
from mmavl.utils.shipped import tool_command
from mmavl.utils.weights import resolve_path

from .mixture_list import read_mixtures
from .source_dataset import SourceDataset


@DATASETS.register_module()
class MixtureDataset:
    """The mixtures of a fixed list, made from the sources of a dataset.

    A sample has all sources of one mixture: ``inputs`` with a leading source dimension, and
    one :class:`AVDataSample` with the list ``sources``. The preprocessor adds them up.

    Args:
        dataset (dict | SourceDataset): The sources.
        list_file (str): The list (see :mod:`mmavl.datasets.mixture_list`): a path, or
            ``pkg://package/path``.
        sizes (Sequence[int], optional): Numbers of sources to keep. Defaults to None: all.

    Raises:
        DataError: The list cannot be used, or names a source that is not in the dataset.
    """

    def __init__(
        self,
        dataset: dict | SourceDataset,
        list_file: str,
        sizes: Sequence[int] | None = None,
    ) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        path = resolve_path(list_file) if list_file.startswith('pkg://') else list_file
        self.list_file = list_file
        self.mixtures = [m for m in read_mixtures(path) if sizes is None or len(m) in sizes]
        if not self.mixtures:
            kept = list(sizes or ())
            raise DataError(f'mixture list {list_file} has no mixture of {kept} sources')
        self._indices: list[list[int]] | None = None

    @property
    def metainfo(self) -> dict:
        """The metainfo of the source dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Load the manifest and look up the sources of the list, once."""
        if self._indices is not None:
            return
        self.dataset.full_init()
        position: dict[tuple[str, str], int] = {}
        for index in range(len(self.dataset)):
            info = self.dataset.get_data_info(index)
            position.setdefault((info['clip_id'], info['source']), index)
        missing = [
            source for mixture in self.mixtures for source in mixture if source[:2] not in position
        ]
        if missing:
            clip, name, *_ = missing[0]
            raise DataError(
                f'{len(missing)} sources of mixture list {self.list_file} are not in manifest '
                f'{self.dataset.ann_file}; the first is {name} of clip {clip!r}: build the '
                'data set with the seed and size that the list was made for, or make your own '
                f'list with {tool_command("dataset_converters/make_mixtures.py")}'
            )
        self._indices = [[position[source[:2]] for source in mixture] for mixture in self.mixtures]

    def get_subset_(self, indices: Sequence[int]) -> None:
        """Keep only these mixtures."""
        self.mixtures = [self.mixtures[index] for index in indices]
        self._indices = None

    def __len__(self) -> int:
        return len(self.mixtures)

    def get_data_info(self, idx: int) -> dict:
        """Return the annotations of a mixture's sources, as the pipeline receives them."""
        self.full_init()
        return {'sources': [self.dataset.get_data_info(*at) for at in self._sources(idx)]}

    def _sources(self, idx: int) -> list[tuple[int, int | None]]:
        """The index of each source, and its frame if the list gives a place."""
        assert self._indices is not None  # set by full_init
        return [
            (index, self.dataset.frame_at(index, *place) if place else None)
            for index, (_, _, *place) in zip(self._indices[idx], self.mixtures[idx])
        ]

    def __getitem__(self, idx: int) -> dict:
        self.full_init()
        items = [self.dataset.prepare_data(*at) for at in self._sources(idx)]
        names = ' + '.join(f'{clip}:{name}' for clip, name, *_ in self.mixtures[idx])
        mixture = AVDataSample(metainfo={'clip_id': f'{idx}: {names}', 'sample_idx': idx})
        mixture.sources = [item['data_samples'] for item in items]
        inputs = {
            name: self._stack(name, [item['inputs'][name] for item in items], mixture.clip_id)
            for name in items[0]['inputs']
        }
        return {'inputs': inputs, 'data_samples': mixture}

    @staticmethod
    def _stack(name: str, values: list[torch.Tensor], mixture: str) -> torch.Tensor:
        shapes = [list(value.shape) for value in values]
        if any(shape != shapes[0] for shape in shapes):
            raise ConfigError(
                f'{name!r} has different shapes {shapes} in mixture {mixture}: '
                'add CropPadAudio (for sound) or Resize (for images) to the pipeline'
            )
        return torch.stack(values)
