"""Pictures of how a mixture was taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from mmavl.evaluation.separation import FIGURES, MixtureScores
from mmavl.evaluation.titles import TITLES
from mmavl.registry import VISUALIZERS
from mmavl.separators import signal
from mmavl.structures import AVDataSample

from .av_visualizer import AVVisualizer, Boxes
from .drawing import (
    FAINT,
    INK,
    MASK_COLOURS,
    PAPER,
    SOUND_COLOURS,
    draw_peak,
    fit_image,
    fit_text,
    font,
    has_peak,
    overlay_heat,
    peak_of,
)
from .layout import MARGIN, Panel, compose_row, draw_legend_strip
from .spectrogram import AXIS, Spectrogram, draw_spectrogram

_RANGE = 60.0  # dB
_FLOOR = 1e-7
_HEADER = 34


@VISUALIZERS.register_module()
class SeparationVisualizer(AVVisualizer):
    """Draws a mixture as one row for each source: frame, mixture, mask, estimate and reference.

    All spectrograms of a mixture have logarithmic frequencies and one scale of colours, the top 60
    dB of mixture and references. The mask is the model's own, or, of a model that gives none, the
    share of the mixture's magnitude that its estimate has; above 1 it is drawn as 1. Over the
    frame, in grey, lies the map by which the source was guided, stretched to its own lowest and
    highest value, a ring at its maximum; a model that is not guided by the frame has the frame
    alone. Boxes are those of the source's class: solid where it sounds.

    Args:
        name (str): Name of the instance. Defaults to 'visualizer'.
        vis_backends (list, optional): mmengine's backends, which store the pictures.
        save_dir (str, optional): Where the backends write.
        panel (int): Height of a panel in pixels. Defaults to 208.
        alpha (float): Share of the heat colours over the frame. Defaults to 0.6.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        vis_backends: list | None = None,
        save_dir: str | None = None,
        panel: int = 208,
        alpha: float = 0.6,
    ) -> None:
        super().__init__(name, vis_backends, save_dir, panel, alpha)

    # of a mixture, a frame for each source: it takes the place of another task's visualizer
    def draw(  # type: ignore[override]
        self,
        image: Sequence[np.ndarray | None],
        data_sample: AVDataSample,
        draw_gt: bool = True,
        draw_pred: bool = True,
        scores: MixtureScores | None = None,
        caption: str = '',
        legend: bool = True,
    ) -> np.ndarray:
        """Draw a mixture and do nothing else.

        Args:
            image (Sequence[np.ndarray | None]): Each source's frame, RGB uint8 [H, W, 3]; None
                where it cannot be read.
            data_sample (AVDataSample): As :meth:`BaseSeparator.predict` leaves it.
            draw_gt (bool): Whether to draw boxes and references. Defaults to True.
            draw_pred (bool): Whether to draw maps, masks and estimates. Defaults to True.
            scores (MixtureScores, optional): Figures to write above the sources.
            caption (str): Words after the mixture's id.
            legend (bool): Whether to explain colours and signs at the bottom. Defaults to True.

        Returns:
            np.ndarray: The picture, RGB uint8 [H, W, 3].
        """
        views = _Views.of(data_sample)
        rows = []
        for number, frame in enumerate(image):
            panels = [self._source_panel(frame, data_sample, number, draw_gt, draw_pred)]
            panels.append(self._sound_panel('mixture', views.mixture, views))
            if draw_pred:
                panels.append(self._mask_panel(data_sample, number, views))
                panels.append(self._sound_panel('= estimate', views.estimates[number], views))
            if draw_gt:
                panels.append(self._sound_panel('reference', views.references[number], views))
            title = self.class_name(int(data_sample.source_labels[number]))
            figures = '' if scores is None else _figures(scores, number)
            rows.append(compose_row(panels, None, title, figures, [], self.panel))
        width = max(row.shape[1] for row in rows)
        parts = [_header(str(data_sample.get('clip_id', '')), caption, width), *rows]
        if legend:
            parts.append(draw_legend_strip(_legend(data_sample, draw_gt, draw_pred), width))
            parts.append(np.full((MARGIN, width, 3), PAPER, np.uint8))
        return np.concatenate([_widened(part, width) for part in parts])

    def _source_panel(
        self,
        frame: np.ndarray | None,
        sample: AVDataSample,
        number: int,
        draw_gt: bool,
        draw_pred: bool,
    ) -> Panel:
        if frame is None:
            return Panel(np.full((self.panel, self.panel, 3), 235, np.uint8), 'no frame')
        image = fit_image(frame, self.panel)
        heat = sample.get('guide_maps') if draw_pred else None
        if heat is not None:
            heat = heat[number].float().cpu().numpy()
            if not np.isfinite(heat).all():
                return Panel(image, 'frame', 'map holds values that are not finite')
            image = overlay_heat(image, heat, self.alpha)
        if draw_gt and 'sources' in sample:
            boxes = Boxes.of_sample(sample.sources[number], image.shape[:2])
            image = boxes.drawn_on(image, label=int(sample.source_labels[number]))
        if heat is None:
            return Panel(image, 'frame')
        if has_peak(heat):
            x, y = peak_of(heat)
            draw_peak(image, x * image.shape[1], y * image.shape[0])
        return Panel(image, 'frame', 'where the guidance looks')

    def _sound_panel(self, title: str, decibels: np.ndarray, views: '_Views') -> Panel:
        return Panel(self._picture(decibels, views, views.limits, SOUND_COLOURS), title)

    def _mask_panel(self, sample: AVDataSample, number: int, views: '_Views') -> Panel:
        masks = sample.get('pred_masks')
        if masks is None:
            difference = (views.estimates[number] - views.mixture) / 20
            mask, subtitle = np.power(10.0, difference.clip(-6, 0)), 'estimate / mixture'
            mask = np.where(views.mixture > views.limits[0], mask, 0)
        else:
            # a model pads short sounds: what lies behind their end is not drawn
            mask = masks[number].float().cpu().numpy()[:, : views.mixture.shape[1]]
            subtitle = f'of the model, mean {mask.mean():.2f}'
        return Panel(self._picture(mask, views, (0.0, 1.0), MASK_COLOURS), '× mask', subtitle)

    def _picture(
        self, values: np.ndarray, views: '_Views', limits: tuple[float, float], colours: str
    ) -> np.ndarray:
        """Values [rows, T] with axes."""
        spectrogram = Spectrogram(values.T, views.duration, views.bands)
        width = round(1.25 * self.panel)
        picture = draw_spectrogram(spectrogram, width, self.panel, limits, colours)
        if colours == MASK_COLOURS:  # a mask of ones would melt into the paper
            frame = (0, 0, width - 1, self.panel - AXIS - 1)
            ImageDraw.Draw(picture).rectangle(frame, outline=FAINT)
        return np.asarray(picture)


@dataclass(frozen=True)
class _Views:
    """A mixture's spectrograms in dB, [rows, T] and [n, rows, T], and what they have in common."""

    mixture: np.ndarray
    estimates: np.ndarray
    references: np.ndarray
    limits: tuple[float, float]
    duration: float
    bands: np.ndarray

    @classmethod
    def of(cls, sample: AVDataSample) -> '_Views':
        mixture = _decibels(sample.mixture)
        references = _decibels(sample.gt_sources)
        # a silent mixture, all of it at the floor, is drawn dark
        top = float(max(mixture.max(), references.max(), 20 * np.log10(_FLOOR) + _RANGE))
        rate = sample.get('sample_rate') or signal.SAMPLE_RATE
        bins = torch.linspace(0, rate / 2, signal.N_FFT // 2 + 1)[:, None]
        return cls(
            mixture=mixture,
            estimates=_decibels(sample.pred_sources),
            references=references,
            limits=(top - _RANGE, top),
            duration=sample.mixture.shape[-1] / rate,
            bands=signal.warp(bins, len(mixture))[:, 0].numpy(),
        )


def _decibels(waves: Tensor) -> np.ndarray:
    magnitude = signal.warp(signal.stft(waves.float().cpu()).abs())
    return (20 * torch.log10(magnitude + _FLOOR)).numpy()


def _figures(scores: MixtureScores, number: int) -> str:
    if not scores.evaluated('model'):
        return 'not evaluated: a signal is silent'
    found = dict(zip(FIGURES, scores.rows['model'][number]))
    words = ', '.join(f'{TITLES[key]} {found[key]:.1f}' for key in ('sdr', 'sir', 'sar'))
    return f'{words} dB; SDR of the mixture {scores.rows["mixture"][number][0]:.1f} dB'


def _legend(sample: AVDataSample, draw_gt: bool, draw_pred: bool) -> list[str]:
    kinds = []
    for number, source in enumerate(sample.get('sources', ()) if draw_gt else ()):
        boxes = Boxes.of_sample(source, (1, 1))
        label = int(sample.source_labels[number])
        kinds += [kind for kind, item in zip(boxes.kinds_of, boxes.items) if item[1] == label]
    entries: list[str] = [kind for kind in ('sounding', 'silent') if kind in kinds]
    if draw_pred and 'guide_maps' in sample:
        entries += ['peak', 'heat']
    return [*entries, *(['mask'] if draw_pred else []), 'decibels']


def _header(title: str, caption: str, width: int) -> np.ndarray:
    canvas = Image.new('RGB', (width, _HEADER), PAPER)
    draw = ImageDraw.Draw(canvas)
    face = font(17, bold=True)
    title = fit_text(title, face, width - 2 * MARGIN)
    draw.text((MARGIN, MARGIN + 17), title, INK, face, anchor='ls')
    start = MARGIN + face.getlength(title) + 14
    caption = fit_text(caption, font(14), width - MARGIN - start)
    draw.text((start, MARGIN + 17), caption, FAINT, font(14), anchor='ls')
    return np.asarray(canvas)


def _widened(part: np.ndarray, width: int) -> np.ndarray:
    """A picture with paper to its right."""
    paper = np.full((part.shape[0], width - part.shape[1], 3), PAPER, np.uint8)
    return np.concatenate([part, paper], 1)
