"""Several views of each clip, for methods that train on more than a clip's own pair."""

import random
from collections.abc import Callable, Mapping, Sequence

from mmengine.dataset import pseudo_collate

from mmavl.errors import ConfigError
from mmavl.registry import DATASETS

from .av_dataset import AVDataset
from .neighbours import nearest_rows, read_neighbours

_VISUAL = ('image', 'image_features')


@DATASETS.register_module()
class ViewDataset:
    """Each clip as it is, augmented, and as its neighbours are.

    An item is a list of packed samples, one for each view, whose meta ``view`` is its number; a
    batch has them view by view. The last view, of the neighbours, has the picture of one clip and
    the sound of another, drawn anew each time: one that looks like the item's clip and one that
    sounds like it; its meta ``clip_id`` names the first, ``audio_clip_id`` the second. In place
    of a neighbour that cannot be read there is the clip.

    Args:
        dataset (dict): Config of an :class:`AVDataset`, whose pipeline makes the first view and
            those of neighbours.
        augmented (Sequence[dict | Callable]): The pipeline of the second view.
        neighbours (int | Mapping[str, str], optional): So many nearest clips by the cosine of
            cached features, see :func:`nearest_rows`; or JSON files of neighbours by 'image' and
            'audio', see :func:`read_neighbours`. Defaults to None: no third view.

    Raises:
        ConfigError: ``neighbours`` is neither, or (later) no features are cached.
        DataError: A file of neighbours is unusable (later).
    """

    def __init__(
        self,
        dataset: dict,
        augmented: Sequence[dict | Callable],
        neighbours: int | Mapping[str, str] | None = None,
    ) -> None:
        files = isinstance(neighbours, Mapping) and {*neighbours} == {'image', 'audio'}
        number = isinstance(neighbours, int) and neighbours > 0
        if not (files or number or neighbours is None):
            raise ConfigError(
                f'neighbours={neighbours!r} must be a number of at least 1, or two files: '
                'dict(image=FILE, audio=FILE)'
            )
        self.datasets: list[AVDataset] = [
            DATASETS.build(config) for config in (dataset, {**dataset, 'pipeline': augmented})
        ]
        self.neighbours = neighbours
        self._lists: dict[str, list[list[int]]] | None = None

    @property
    def metainfo(self) -> dict:
        """That of the clips' dataset."""
        return self.datasets[0].metainfo

    def full_init(self) -> None:
        """Load the manifest and files of neighbours, once."""
        for dataset in self.datasets:
            dataset.full_init()
        if isinstance(self.neighbours, Mapping) and self._lists is None:
            clips = [self.datasets[0].get_data_info(i)['clip_id'] for i in range(len(self))]
            self._lists = {
                kind: read_neighbours(path, clips) for kind, path in self.neighbours.items()
            }

    def __len__(self) -> int:
        return len(self.datasets[0])

    @staticmethod
    def collate(items: Sequence[Sequence[dict]]) -> dict:
        """One batch of all views: B items of V views each give V B samples, view by view."""
        return pseudo_collate([view for views in zip(*items, strict=True) for view in views])

    def __getitem__(self, idx: int) -> list[dict]:
        clip = self.datasets[0][idx]
        idx = clip['data_samples'].sample_idx  # of another clip where this one cannot be read
        views = [clip, self.datasets[1][idx]]
        if self.neighbours is not None:
            views.append(self._neighbour(idx))
        for number, view in enumerate(views):
            view['data_samples'].set_metainfo({'view': number})
        return views

    def _neighbour(self, idx: int) -> dict:
        picture, sound = (self._drawn(kind, idx) for kind in ('image', 'audio'))
        pictures = {name: t for name, t in picture['inputs'].items() if name in _VISUAL}
        sounds = {name: t for name, t in sound['inputs'].items() if name not in _VISUAL}
        sample = picture['data_samples']
        sample.set_metainfo({'audio_clip_id': sound['data_samples'].clip_id})
        return {'inputs': {**pictures, **sounds}, 'data_samples': sample}

    def _drawn(self, kind: str, idx: int) -> dict:
        chosen = random.choice(self.neighbour_lists()[kind][idx])
        sample = self.datasets[0][chosen]
        replaced = sample['data_samples'].sample_idx != chosen
        return self.datasets[0][idx] if replaced else sample

    def neighbour_lists(self) -> dict[str, list[list[int]]]:
        """Indices of each clip's neighbours by 'image' and 'audio'; of features on first use."""
        if self._lists is None:
            features, split = self.datasets[0].features, self.datasets[0].ann_file
            if features is None:
                raise ConfigError(
                    f'neighbours={self.neighbours} needs cached features, but {split} has none: '
                    'give two files, dict(image=FILE, audio=FILE), or cache the backbones'
                )
            assert isinstance(self.neighbours, int)  # files were read by full_init
            self._lists = {
                kind: nearest_rows(features, f'{kind}_features', len(self), self.neighbours)
                for kind in ('image', 'audio')
            }
        return self._lists
