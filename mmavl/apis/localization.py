"""What a localizer found in one clip, or in one window of a video."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from mmavl.errors import DataError
from mmavl.structures import AVDataSample

from .boxes import MapBox, boxes_of_map
from .clips import Clip
from .naming import Naming

#: Schema of the JSON files; docs/inference.md describes it.
FORMAT = 'mmavl.localization/1'
#: The name of a map that belongs to no class.
AGNOSTIC = 'sound'


@dataclass(frozen=True, eq=False)
class Localization:
    """Tags, maps and boxes of one frame and the sound around it.

    Attributes:
        name (str): The clip's.
        size (tuple[int, int]): Width and height of the frame in pixels.
        time (float, optional): Second of the video at which the frame is shown.
        window (tuple[float, float]): The seconds of sound that were heard.
        heard, seen (dict[str, float]): Probability of each class by sound and by picture; empty
            for a model without tags.
        sounding (list[str]): The classes named as sounding, best first, see
            :class:`mmavl.apis.naming.Naming`; 'sound' for a model that tells no classes apart.
        unseen (list[str]): Those of them that are most likely not in the picture: their maps
            mean nothing.
        maps (dict[str, np.ndarray]): A map for each class asked for, float32 [h, w].
        correspondence (float, optional): Probability that sound and picture belong together.
        clip (Clip, optional): Where picture and sound come from.
    """

    name: str
    size: tuple[int, int]
    time: float | None
    window: tuple[float, float]
    heard: dict[str, float]
    seen: dict[str, float]
    sounding: list[str]
    maps: dict[str, np.ndarray]
    correspondence: float | None = None
    clip: Clip | None = None
    unseen: list[str] = field(default_factory=list)

    @classmethod
    def of_sample(
        cls, sample: AVDataSample, classes: list[str], naming: Naming, clip: Clip
    ) -> 'Localization':
        """Read a prediction; its meta has ``ori_shape``, ``time`` and ``window``.

        Args:
            sample (AVDataSample): What the model's ``predict`` fills.
            classes (list[str]): Names of the tag classes, [C].
            naming (Naming): Which classes to name.
            clip (Clip): What was read.

        Raises:
            DataError: The model gave a probability or a map that is not finite.
        """
        heard, seen = (
            dict(zip(classes, _numbers(sample.get(field)), strict=True)) if field in sample else {}
            for field in ('pred_tags', 'pred_visual_tags')
        )
        maps = {
            classes[label] if label >= 0 else AGNOSTIC: heat
            for label, heat in zip(
                sample.map_labels.tolist(), sample.pred_maps.data.float().cpu().numpy()
            )
        }
        if not np.isfinite([*heard.values(), *seen.values(), *map(np.sum, maps.values())]).all():
            raise DataError(f'{clip.name}: the model gives values that are not finite')
        sounding = [AGNOSTIC] if AGNOSTIC in maps else naming.sounding(heard)
        pair = float(sample.pred_avc[0]) if 'pred_avc' in sample else float('nan')
        height, width = sample.ori_shape
        return cls(
            name=clip.name,
            size=(width, height),
            time=sample.get('time'),
            window=tuple(sample.window),
            heard=heard,
            seen=seen,
            sounding=sounding,
            maps=maps,
            correspondence=None if np.isnan(pair) else pair,
            clip=clip,
            unseen=naming.unseen(sounding, seen),
        )

    @property
    def shown(self) -> list[str]:
        """The classes named as sounding whose maps say where, best first."""
        return [name for name in self.sounding if name in self.maps and name not in self.unseen]

    def boxes(self, label: str) -> list[MapBox]:
        """Boxes around the regions above half maximum of a class's map, by falling peak."""
        return boxes_of_map(self.maps[label], self.size)

    def to_dict(self, maps: bool = True) -> dict[str, Any]:
        """As plain data for JSON.

        Args:
            maps (bool): Whether to write the maps' values as well as the boxes. Defaults to True.
        """
        order = sorted(self.heard, key=lambda label: -self.heard[label])
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
                    'heard': _rounded(self.heard[label]),
                    'seen': _rounded(self.seen.get(label)),
                    'sounding': label in self.sounding,
                    **({'unseen': True} if label in self.unseen else {}),
                }
                for label in order
            ],
            'maps': [self._map_dict(label, maps) for label in self._map_order()],
        }

    def _map_order(self) -> list[str]:
        return sorted(self.maps, key=lambda label: -self.heard.get(label, 0.0))

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


def _numbers(values: torch.Tensor) -> list[float]:
    return values.float().cpu().tolist()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
