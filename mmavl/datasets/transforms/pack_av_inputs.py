"""The last step of each pipeline: results to tensors and an AVDataSample."""

import numpy as np
import torch
from mmengine.structures import InstanceData

from mmavl.registry import TRANSFORMS
from mmavl.structures import AVDataSample

_META = (
    'clip_id',
    'sample_idx',
    'frame_index',
    'negative',
    'time',
    'img_path',
    'video',
    'audio_path',
    'sample_rate',
    'ori_shape',
    'annotators',
    'source',
    'source_label',
    'source_labels',
)


@TRANSFORMS.register_module()
class PackAVInputs:
    """Pack the results of the pipeline into ``inputs`` and an :class:`AVDataSample`.

    ``inputs`` gets ``image`` (uint8 [3, H, W]) and ``waveform`` (float32 [L]), or their cached
    ``image_features`` and ``audio_features``. The data sample gets ``gt_tags``,
    ``gt_visual_tags``, ``gt_instances`` (boxes as xyxy in input pixels), ``gt_map`` and all
    available meta information.

    Args:
        input_shape (tuple[int, int]): The (H, W) to scale boxes to if there is no image,
            because its features are cached. Defaults to (256, 256).
    """

    def __init__(self, input_shape: tuple[int, int] = (256, 256)) -> None:
        height, width = input_shape
        self.input_shape = (height, width)

    def __call__(self, results: dict) -> dict:
        """Pack the results."""
        inputs = {}
        shape = self.input_shape
        if 'image' in results:
            shape = results['image'].shape[:2]
            image = np.ascontiguousarray(results['image'].transpose(2, 0, 1))
            inputs['image'] = torch.from_numpy(image)
        if 'waveform' in results:
            inputs['waveform'] = torch.from_numpy(np.ascontiguousarray(results['waveform']))
        for name in ('image_features', 'audio_features'):
            if name in results:
                inputs[name] = torch.from_numpy(np.array(results[name]))
        return {'inputs': inputs, 'data_samples': self._data_sample(results, shape)}

    def _data_sample(self, results: dict, shape: tuple[int, int]) -> AVDataSample:
        meta = {key: results[key] for key in _META if key in results}
        sample = AVDataSample(metainfo={**meta, 'input_shape': tuple(shape)})
        if 'tags' in results:
            sample.gt_tags = torch.from_numpy(results['tags'])
        if 'visual_tags' in results:
            sample.gt_visual_tags = torch.from_numpy(results['visual_tags'])
        if 'boxes' in results:
            sample.gt_instances = _instances(results, shape)
        if 'gt_map' in results:
            sample.gt_map = torch.from_numpy(np.ascontiguousarray(results['gt_map']))
        return sample


def _instances(results: dict, shape: tuple[int, int]) -> InstanceData:
    height, width = shape
    x, y, w, h = torch.from_numpy(results['boxes']).unbind(1)
    corners = torch.stack([x, y, x + w, y + h], dim=1)
    return InstanceData(
        bboxes=corners * corners.new_tensor([width, height, width, height]),
        labels=torch.from_numpy(results['box_labels']),
        sounding=torch.from_numpy(results['box_sounding']),
        families=torch.from_numpy(results['box_families']),
        names=list(results['box_names']),
    )
