"""The result of localization for one clip, or one window of a video."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mmavl.errors import DataError
from mmavl.evaluation.map_boxes import MapBox, boxes_of_map
from mmavl.models.naming import Naming
from mmavl.structures import AVDataSample
from mmavl.visualization.drawing import jpeg_bytes
from mmavl.visualization.video_frame import frame_size, render_frame

from .clips import Clip
from .localization_plot import colours_of, plot_localization
from .result import Result, image_html
from .result_files import json_text
from .views import view_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Schema of the JSON files; docs/inference.md describes it.
FORMAT = 'mmavl.localization/2'
#: The name of a class-agnostic map.
AGNOSTIC = 'sound'
#: Classes below this probability are not written to the lines of a video.
_UNLIKELY = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Localization(Result):
    """Tags, maps and boxes of one frame and the sound around it.

    It can be shown, plotted and converted, see :class:`.result.Result`.

    Attributes:
        name (str): The clip's name.
        size (tuple[int, int]): Width and height of the frame in pixels.
        time (float, optional): Time of the frame in the video in seconds.
        window (tuple[float, float]): The seconds of sound that were used.
        audio_probs, visual_probs (dict[str, float]): Probability that each class is audible and
            visible; empty for a model without tags.
        sounding (list[str]): The classes predicted to sound, best first, see
            :class:`mmavl.models.naming.Naming`; 'sound' for a model without classes.
        off_screen (list[str]): Those of them that are probably not in the picture, so that
            their maps mean nothing.
        maps (dict[str, np.ndarray]): A map for each requested class, float32 [h, w].
        correspondence (float, optional): Probability that sound and picture belong together.
        clip (Clip, optional): The origin of picture and sound.
        kind_probs (dict[str, float]): Probability of each finer name, if its class sounds.
        kinds (dict[str, str]): For sounding classes, the finer name if it is more likely than
            not.
        asked (list[str]): Classes whose maps were requested by name.
        windows (list[Localization]): The windows of a video, in order of time. Empty if they
            were written to files.
    """

    name: str
    size: tuple[int, int]
    time: float | None
    window: tuple[float, float]
    audio_probs: dict[str, float]
    visual_probs: dict[str, float]
    sounding: list[str]
    maps: dict[str, np.ndarray]
    correspondence: float | None = None
    clip: Clip | None = None
    off_screen: list[str] = field(default_factory=list)
    kind_probs: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    windows: list['Localization'] = field(default_factory=list)

    @classmethod
    def of_sample(
        cls,
        sample: AVDataSample,
        classes: list[str],
        naming: Naming,
        clip: Clip,
        asked: Sequence[str] = (),
    ) -> 'Localization':
        """Read a prediction; its meta has ``ori_shape``, ``time`` and ``window``.

        Args:
            sample (AVDataSample): The sample filled by the model's ``predict``.
            classes (list[str]): Names of the tag classes, [C].
            naming (Naming): Selects the classes to report.
            clip (Clip): The input.
            asked (Sequence[str]): Classes whose maps were requested by name.

        Raises:
            DataError: The model returned a probability or map that is not finite.
        """
        audio_probs, visual_probs = (
            dict(zip(classes, _numbers(sample.get(field)), strict=True)) if field in sample else {}
            for field in ('pred_tags', 'pred_visual_tags')
        )
        maps = _maps_by_name(sample, classes)
        if not np.isfinite(
            [*audio_probs.values(), *visual_probs.values(), *map(np.sum, maps.values())]
        ).all():
            raise DataError(f'{clip.name}: the model returned values that are not finite')
        sounding = [AGNOSTIC] if AGNOSTIC in maps else naming.sounding(audio_probs)
        kinds = [kind for members in naming.kinds.values() for kind in members]
        kind_probs = dict(zip(kinds, _numbers(sample.get('pred_kinds', torch.empty(0)))))
        pair = float(sample.pred_avc[0]) if 'pred_avc' in sample else float('nan')
        height, width = sample.ori_shape
        return cls(
            name=clip.name,
            size=(width, height),
            time=sample.get('time'),
            window=tuple(sample.window),
            audio_probs=audio_probs,
            visual_probs=visual_probs,
            sounding=sounding,
            maps=maps,
            correspondence=None if np.isnan(pair) else pair,
            clip=clip,
            off_screen=naming.off_screen(sounding, visual_probs),
            kind_probs=kind_probs,
            kinds=naming.finer(sounding, kind_probs),
            asked=list(asked),
        )

    @property
    def shown(self) -> list[str]:
        """The sounding classes that are visible, best first."""
        return [
            name for name in self.sounding if name in self.maps and name not in self.off_screen
        ]

    @property
    def drawn(self) -> list[str]:
        """The classes whose maps are drawn and written: those shown, then requested ones."""
        return list(dict.fromkeys([*self.shown, *(k for k in self.asked if k in self.maps)]))

    def names(self) -> list[str]:
        """The sounding classes in words: 'Acoustic guitar 0.71', best first."""
        return [
            self.kinds.get(label, label)
            + (f' {self.audio_probs[label]:.2f}' if label in self.audio_probs else '')
            + (' (not in the picture)' if label in self.off_screen else '')
            for label in self.sounding
        ]

    def summary(self) -> str:
        """E.g. 'at 2.5 s Guitar 0.35, Speech 0.35; 20 windows'."""
        time = '' if self.time is None else f'at {self.time:.1f} s '
        names = ', '.join(self.names()) or 'no sound of a known class'
        return time + names + (f'; {len(self.windows)} windows' if self.windows else '')

    def picture(self, labels: Sequence[str] | None = None, max_side: int = 640) -> np.ndarray:
        """The clip's frame, drawn as in an annotated video.

        Args:
            labels (Sequence[str], optional): Classes to draw, audible or not. Defaults to those
                that are audible and visible.
            max_side (int): Maximum longest side of the frame in pixels. Defaults to 640.

        Returns:
            np.ndarray: RGB uint8 [H, W, 3].

        Raises:
            DataError: The clip's picture cannot be read any more.
            ValueError: There is no map of a class.
        """
        if missing := [label for label in labels or () if label not in self.maps]:
            words = f'{self.name} has no map of {", ".join(missing)}: call the inferencer with'
            raise ValueError(f'{words} labels={missing}')
        if self.clip is None:
            raise DataError(f'{self.name}: the result has no clip, so its picture is not known')
        size, colours = frame_size(*self.size, max_side), colours_of(self)
        view = view_of(self, labels)
        return render_frame(self.clip.frame(self.time), view, colours, size, self.time)

    def media_html(self) -> str:
        """The picture as HTML."""
        return image_html(jpeg_bytes(self.picture()), self.summary())

    def draw_on(self, figure: 'Figure') -> None:
        """The picture, and for a video the probabilities of its classes over time below."""
        plot_localization(self, figure)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each box, or for a class without boxes; of a video for all its windows.

        Classes that neither sound nor have a probability of at least 0.05 are left out. Boxes
        (``left`` to ``bottom``) are in pixels of the frame, ``peak`` is the region's maximum.
        """
        return [row for moment in self.windows or [self] for row in moment._rows()]

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        likely = [k for k, prob in self.audio_probs.items() if prob >= _UNLIKELY]
        for label in dict.fromkeys([*self.sounding, *self.drawn, *likely]):
            row = {
                'name': self.name,
                'time': self.time,
                'label': label,
                'kind': self.kinds.get(label),
                'audio_prob': self.audio_probs.get(label),
                'visual_prob': self.visual_probs.get(label),
                'sounding': label in self.sounding,
                'off_screen': label in self.off_screen,
            }
            boxes = self.boxes(label) if label in self.drawn else []
            places: list[tuple[float | None, ...]] = [(*box.xyxy, box.peak) for box in boxes]
            for place in places or [(None,) * 5]:
                rows.append(
                    {**row, **dict(zip(('left', 'top', 'right', 'bottom', 'peak'), place))}
                )
        return rows

    def to_json(self) -> str:
        """As in ``NAME.json``; for a video with ``windows``, as in ``NAME.windows.jsonl``."""
        windows = [window.to_dict(brief=True) for window in self.windows]
        return json_text({**self.to_dict(), **({'windows': windows} if windows else {})})

    def boxes(self, label: str) -> list[MapBox]:
        """Boxes around the regions above half maximum of a class's map, highest peak first."""
        return boxes_of_map(self.maps[label], self.size)

    def to_dict(self, brief: bool = False) -> dict[str, Any]:
        """As plain data for JSON.

        Args:
            brief (bool): Whether to leave out the maps' values, and classes that neither sound
                nor have a probability of at least 0.05. Defaults to False.
        """
        order = sorted(self.audio_probs, key=lambda label: -self.audio_probs[label])
        if brief:
            order = [k for k in order if self.audio_probs[k] >= _UNLIKELY or k in self.sounding]
        return {
            'format': FORMAT,
            'name': self.name,
            'source': self.clip.source if self.clip else {},
            'size': list(self.size),
            'time': _rounded(self.time),
            'window': [_rounded(second) for second in self.window],
            'correspondence': _rounded(self.correspondence),
            'tags': [
                {
                    'label': label,
                    'audio_prob': _rounded(self.audio_probs[label]),
                    'visual_prob': _rounded(self.visual_probs.get(label)),
                    'sounding': label in self.sounding,
                    **({'off_screen': True} if label in self.off_screen else {}),
                    **({'kind': self.kinds[label]} if label in self.kinds else {}),
                }
                for label in order
            ],
            'maps': [self._map_dict(label, not brief) for label in self.drawn],
        }

    def _map_dict(self, label: str, values: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {
            'label': label,
            'boxes': [
                {'xyxy': [round(edge, 1) for edge in box.xyxy], 'peak': _rounded(box.peak)}
                for box in self.boxes(label)
            ],
        }
        if values:
            heat = self.maps[label]
            entry['grid'] = list(heat.shape)
            entry['values'] = np.round(heat.astype(np.float64), 5).tolist()
        return entry


def _maps_by_name(sample: AVDataSample, classes: list[str]) -> dict[str, np.ndarray]:
    """Each class's map; of several maps with one label, as of :class:`NoPrior`, the maximum."""
    maps: dict[str, np.ndarray] = {}
    stack = sample.pred_maps.data.float().cpu().numpy()
    for label, heat in zip(sample.map_labels.tolist(), stack):
        name = classes[label] if label >= 0 else AGNOSTIC
        maps[name] = np.maximum(maps[name], heat) if name in maps else heat
    return maps


def _numbers(values: torch.Tensor) -> list[float]:
    return values.float().cpu().tolist()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
