"""Drawing a model's maps over the frame of a clip, with its sound."""

from collections.abc import Sequence

import numpy as np
import torch
from mmengine.dist import master_only
from mmengine.structures import InstanceData
from mmengine.visualization import Visualizer

from mmavl.registry import VISUALIZERS
from mmavl.structures import AVDataSample

from .drawing import (
    draw_boxes,
    draw_peak,
    fit_image,
    has_peak,
    overlay_heat,
    peak_of,
    write_png,
)
from .layout import Panel, compose_row
from .media import load_spectrogram
from .spectrogram import Spectrogram


@VISUALIZERS.register_module()
class AVVisualizer(Visualizer):
    """Draws a clip as one row: the frame with boxes, a heat map per class, and the sound below.

    Sounding instruments have a solid green box, silent ones a dashed grey one. Each map is scaled
    to its minimum and maximum, and a ring marks its maximum. A class-agnostic
    map (label -1) has the title 'sound'; of several, this is their maximum, which is evaluated,
    and they follow as sources.

    Args:
        name (str): Name of the instance. Defaults to 'visualizer'.
        vis_backends (list, optional): mmengine's backends, which store the pictures.
        save_dir (str, optional): Folder of the backends.
        panel (int): Height of a panel in pixels. Defaults to 256.
        alpha (float): Opacity of the heat map. Defaults to 0.6.
        max_maps (int): Maximum number of maps per clip: first those of the given classes, then
            the most likely ones. Defaults to 5.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        vis_backends: list | None = None,
        save_dir: str | None = None,
        panel: int = 256,
        alpha: float = 0.6,
        max_maps: int = 5,
    ) -> None:
        super().__init__(name, vis_backends=vis_backends, save_dir=save_dir)
        self.panel = panel
        self.alpha = alpha
        self.max_maps = max_maps

    @master_only
    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: AVDataSample | None = None,
        draw_gt: bool = True,
        draw_pred: bool = True,
        show: bool = False,
        wait_time: float = 0,
        step: int = 0,
        out_file: str | None = None,
        **options,
    ) -> np.ndarray:
        """Draw a clip, and show it, write it to a file, or pass it to the backends.

        Args:
            name (str): The picture's name in the backends.
            image (np.ndarray): The frame, RGB uint8 [H, W, 3], of any size.
            data_sample (AVDataSample, optional): Reference and prediction.
            draw_gt (bool): Whether to draw the boxes. Defaults to True.
            draw_pred (bool): Whether to draw the maps. Defaults to True.
            show (bool): Whether to open a window. Defaults to False.
            wait_time (float): Seconds to show the window; 0 waits for a key. Defaults to 0.
            step (int): The backends' global step. Defaults to 0.
            out_file (str, optional): Write a PNG here instead of to the backends.
            **options: See :meth:`draw`.

        Returns:
            np.ndarray: The picture, RGB uint8 [H, W, 3].

        Raises:
            DataError: The sound cannot be read.
            OSError: The file cannot be written.
        """
        picture = self.draw(image, data_sample, draw_gt, draw_pred, **options)
        self.set_image(picture)
        if show:
            self.show(picture, win_name=name, wait_time=wait_time)
        if out_file is not None:
            write_png(out_file, picture)
        else:
            self.add_image(name, picture, step)
        return picture

    def draw(
        self,
        image: np.ndarray,
        data_sample: AVDataSample | None = None,
        draw_gt: bool = True,
        draw_pred: bool = True,
        spectrogram: Spectrogram | None = None,
        caption: str = '',
        legend: bool = True,
    ) -> np.ndarray:
        """Draw a clip.

        Args:
            image (np.ndarray): The frame, RGB uint8 [H, W, 3], of any size.
            data_sample (AVDataSample, optional): Reference and prediction. Boxes are scaled from
                its ``input_shape`` to the frame.
            draw_gt (bool): Whether to draw the reference's boxes. Defaults to True.
            draw_pred (bool): Whether to draw maps, and predicted boxes if there are any.
                Defaults to True.
            spectrogram (Spectrogram, optional): Drawn instead of that of the sample's
                ``audio_path``.
            caption (str): Text after the clip's id.
            legend (bool): Whether to add a legend at the bottom. Defaults to True.

        Returns:
            np.ndarray: The picture, RGB uint8 [H, W, 3].

        Raises:
            DataError: The sound cannot be read.
        """
        sample = data_sample if data_sample is not None else AVDataSample()
        if spectrogram is None and sample.get('audio_path'):
            spectrogram = load_spectrogram(sample.metainfo)
        frame = fit_image(image, self.panel)
        boxes = Boxes.of_sample(sample, frame.shape[:2], draw_gt, draw_pred)
        panels = [self._frame_panel(frame, boxes)]
        explained = boxes.kinds
        if draw_pred and 'pred_maps' in sample:
            maps = self._titled_maps(sample)
            shown = maps[: self.max_maps]
            panels += [self._map_panel(frame, sample, *each, boxes) for each in shown]
            explained = [*explained, *(['peak', 'heat'] if shown else [])]
            hidden = len(maps) - len(shown)
            caption = f'{caption} (and {hidden} more maps)'.strip() if hidden else caption
        frame_index = sample.get('frame_index') or 0
        title = str(sample.get('clip_id', '')) + (f', frame {frame_index}' if frame_index else '')
        entries = explained if legend else []
        return compose_row(panels, spectrogram, title, caption, entries, self.panel)

    def get_image(self) -> np.ndarray:
        """The last picture, RGB uint8 [H, W, 3]."""
        return self._image

    def class_name(self, label: int) -> str:
        """The name of a tag class; 'sound' for the class-agnostic label -1."""
        if label < 0:
            return 'sound'
        classes: Sequence[str] = (self.dataset_meta or {}).get('classes', ())
        return classes[label].replace('_', ' ') if label < len(classes) else f'class {label}'

    def _titled_maps(self, sample: AVDataSample) -> list[tuple[int, str, np.ndarray]]:
        """Label, title and map [h, w], in the order to draw."""
        maps = torch.as_tensor(sample.pred_maps.data).float().cpu().numpy()
        labels = [int(label) for label in sample.map_labels]
        if len(maps) > 1 and set(labels) == {-1}:
            sources = [(-1, f'source {n}', heat) for n, heat in enumerate(maps, start=1)]
            return [(-1, self.class_name(-1), maps.max(0)), *sources]
        order = self._order(sample)
        return [(labels[i], self.class_name(labels[i]), maps[i]) for i in order]

    def _order(self, sample: AVDataSample) -> list[int]:
        """Indices of the maps: given classes in order, then others by probability."""

        def rank(index: int) -> tuple[bool, float, int]:
            label = int(sample.map_labels[index])
            given = label >= 0 and 'gt_tags' in sample and bool(sample.gt_tags[label] > 0.5)
            prob = _value(sample, 'pred_tags', label)
            return not given, 0.0 if given or prob is None else -prob, label

        return sorted(range(len(sample.map_labels)), key=rank)

    def _frame_panel(self, frame: np.ndarray, boxes: 'Boxes') -> Panel:
        counts = [f'{boxes.kinds_of.count(kind)} {kind}' for kind in boxes.kinds]
        return Panel(boxes.drawn_on(frame, names=True), 'frame', ', '.join(counts))

    def _map_panel(
        self,
        frame: np.ndarray,
        sample: AVDataSample,
        label: int,
        title: str,
        heat: np.ndarray,
        boxes: 'Boxes',
    ) -> Panel:
        if not np.isfinite(heat).all():
            return Panel(frame, title, 'map has values that are not finite')
        image = overlay_heat(frame, heat, self.alpha)
        image = boxes.drawn_on(image, label=label)
        if not has_peak(heat):
            return Panel(image, title, 'the map is constant')
        x, y = peak_of(heat)
        draw_peak(image, x * image.shape[1], y * image.shape[0])
        return Panel(image, title, _verdict(sample, label))


class Boxes:
    """Boxes in the pixels of a frame.

    Args:
        items: For each box: xyxy, class, whether it sounds, and name.
    """

    def __init__(self, items: Sequence[tuple[tuple, int, bool, str]] = ()) -> None:
        self.items = list(items)

    @classmethod
    def of_sample(
        cls,
        sample: AVDataSample,
        shape: tuple[int, int],
        reference: bool = True,
        predicted: bool = True,
    ) -> 'Boxes':
        """The reference and predicted boxes of a sample, in a frame of shape (H, W)."""
        items = []
        for wanted, name in ((reference, 'gt_instances'), (predicted, 'pred_instances')):
            instances = sample.get(name)
            if wanted and instances is not None and len(instances):
                items += _items(sample, instances, shape)
        return cls(items)

    @property
    def kinds_of(self) -> list[str]:
        """'sounding' or 'silent', for each box."""
        return ['sounding' if sounding else 'silent' for _, _, sounding, _ in self.items]

    @property
    def kinds(self) -> list[str]:
        """The kinds that occur."""
        return [kind for kind in ('sounding', 'silent') if kind in self.kinds_of]

    def drawn_on(self, image: np.ndarray, label: int = -1, names: bool = False) -> np.ndarray:
        """A copy of the image with the boxes of one class (-1: all), with names if requested."""
        shown = [item for item in self.items if label in (-1, item[1])]
        return draw_boxes(image, [(i[0], i[2], i[3] if names else '') for i in shown])


def _items(sample: AVDataSample, instances: InstanceData, shape: tuple[int, int]) -> list[tuple]:
    height, width = sample.get('input_shape') or sample.get('ori_shape') or shape
    scale = np.array([shape[1] / width, shape[0] / height] * 2)
    boxes = [tuple(np.array(box) * scale) for box in instances.bboxes.tolist()]
    sounding = instances.get('sounding', torch.ones(len(boxes), dtype=torch.bool)).tolist()
    names = instances.get('names') or [''] * len(boxes)
    return list(zip(boxes, instances.labels.tolist(), sounding, names, strict=True))


def _value(sample: AVDataSample, field: str, label: int) -> float | None:
    return float(sample.get(field)[label]) if field in sample and label >= 0 else None


def _verdict(sample: AVDataSample, label: int) -> str:
    """E.g. 'missed: audio 0.12, visual 0.80'; only values if model and tags agree."""
    scores = [
        f'{word} {value:.2f}'
        for word, value in (
            ('audio', _value(sample, 'pred_tags', label)),
            ('visual', _value(sample, 'pred_visual_tags', label)),
        )
        if value is not None
    ]
    state = ''
    if label >= 0 and 'gt_tags' in sample:
        given = bool(sample.gt_tags[label] > 0.5)
        predicted = 'pred_labels' not in sample or label in sample.pred_labels.tolist()
        state = {
            (True, True): '',
            (True, False): 'missed',
            (False, True): 'false alarm',
            (False, False): 'silent',
        }[given, predicted]
    return ': '.join(filter(None, (state, ', '.join(scores))))
