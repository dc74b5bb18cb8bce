"""The picture of a localization."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData

from mmavl.structures import AVDataSample
from mmavl.visualization import AVVisualizer, Spectrogram

from .localization import AGNOSTIC, Localization


def draw_localization(
    result: Localization,
    loaded: dict[str, Any],
    classes: Sequence[str],
    visualizer: AVVisualizer,
) -> np.ndarray:
    """Draw a frame with boxes of sounding objects, the maps, and the sound.

    Args:
        result (Localization): The result.
        loaded (dict): The data from :meth:`ClipPipeline.load`.
        classes (Sequence[str]): The model's classes.
        visualizer (AVVisualizer): Draws the picture.

    Returns:
        np.ndarray: RGB uint8 [H, W, 3].
    """
    numbers = {AGNOSTIC: -1, **{name: number for number, name in enumerate(classes)}}
    sample = AVDataSample(metainfo={'clip_id': result.name, 'ori_shape': result.size[::-1]})
    maps = [torch.from_numpy(result.maps[label]) for label in result.drawn]
    labels = [numbers[label] for label in result.drawn]
    sample.map_labels = torch.tensor(labels, dtype=torch.long)
    sample.pred_maps = PixelData(data=torch.stack(maps) if maps else torch.empty(0, 1, 1))
    if result.audio_probs:
        sample.pred_tags = torch.tensor([result.audio_probs[name] for name in classes])
        sample.pred_visual_tags = torch.tensor([result.visual_probs[name] for name in classes])
    boxes = [(box.xyxy, label) for label in result.shown for box in result.boxes(label)]
    sample.pred_instances = InstanceData(
        bboxes=torch.tensor([xyxy for xyxy, _ in boxes]).reshape(-1, 4),
        labels=torch.tensor([numbers[label] for _, label in boxes], dtype=torch.long),
        names=[result.kinds.get(label, label) for _, label in boxes],
    )
    spectrogram = Spectrogram.of_waveform(
        loaded['waveform'], loaded['sample_rate'], result.window[0]
    )
    return visualizer.draw(
        loaded['image'], sample, spectrogram=spectrogram, caption=_caption(result)
    )


def _caption(result: Localization) -> str:
    names = ', '.join(result.names()) if result.audio_probs else ''
    time = '' if result.time is None else f'at {result.time:.1f} s'
    return ' '.join(filter(None, (time, names and f'heard: {names}')))
