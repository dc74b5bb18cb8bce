"""The dataset of single sources, from which mixtures are made."""

from mmengine.dataset import BaseDataset

from mmavl.errors import DataError
from mmavl.registry import DATASETS

from .av_dataset import AVDataset
from .mixture_list import frame_at


@DATASETS.register_module()
class SourceDataset(AVDataset):
    """Each source of each clip as a sample: its sound, and a frame of the clip.

    ``audio_path`` is the sound of the source, ``source`` its name and ``source_label`` its class
    at the tag level. The sources are those listed in the manifest; a clip without such a list
    but with a single tag is a source itself (a solo).

    Args:
        *args: As for :class:`AVDataset`.
        whole_clips (bool): Whether each clip is one source, with all the sounds that were
            recorded: the multi-source setting of Table 3 (solos and duets). ``source_labels``
            are then all its classes, ``source_label`` the first. Defaults to False.
        **kwargs: As for :class:`AVDataset`; ``filter_cfg=dict(levels=[1])`` keeps only solos.

    Raises:
        DataError: A clip has several tags but no list of sources.
    """

    def __init__(self, *args, whole_clips: bool = False, **kwargs) -> None:
        self.whole_clips = whole_clips
        super().__init__(*args, **kwargs)

    def _samples(self, entry: dict) -> list[dict]:
        sources = []
        for sample in super()._samples(entry):
            if self.whole_clips:
                sources.append(self._whole(sample, entry))
                continue
            paths = sample.pop('sources', None) or self._solo(sample, entry)
            sources += [
                {
                    **sample,
                    'audio_path': path,
                    'source': name,
                    'source_label': self._names.label(name),
                    'source_labels': [self._names.label(name)],
                }
                for name, path in paths.items()
            ]
        return sources

    def frame_at(self, idx: int, place: float) -> int:
        """The frame of a sample for a place of a mixture list.

        Raises:
            DataError: The dataset has only one frame per clip.
        """
        info = BaseDataset.get_data_info(self, idx)
        if 'entry' not in info:
            raise DataError(
                f'the mixture list gives places in clips, but the dataset of {self.ann_file} has '
                f"only the {self.frame!r} frame of each: set frame='random'"
            )
        return frame_at(info['entry'], place)

    def _whole(self, sample: dict, entry: dict) -> dict:
        sample.pop('sources', None)
        labels = [int(label) for label in (sample['tags'] > 0.5).nonzero()[0]]
        if not labels:
            raise DataError(
                f'clip {entry["clip_id"]!r} has no tag above 0.5 (manifest {self.ann_file}): '
                'leave it out'
            )
        name = '+'.join(self._metainfo['classes'][label] for label in labels)
        return {**sample, 'source': name, 'source_label': labels[0], 'source_labels': labels}

    def _solo(self, sample: dict, entry: dict) -> dict[str, str]:
        if len(entry['tags']) != 1:
            raise DataError(
                f'clip {entry["clip_id"]!r} has {len(entry["tags"])} tags but no '
                f"'sources' (manifest {self.ann_file}): list its sources, or leave it out"
            )
        return {next(iter(entry['tags'])): sample['audio_path']}
