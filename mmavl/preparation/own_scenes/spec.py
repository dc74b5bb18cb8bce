"""The spec of a split of scenes made from the user's own material."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmavl.preparation.own_scenes.bank import PictureFile, RecordingBank, textures
from mmavl.preparation.own_scenes.materials import Material
from mmavl.scenes.banks import Banks, PictureBank
from mmavl.scenes.effects import Effects
from mmavl.scenes.frame import STYLE, FrameStyle
from mmavl.scenes.mixture import DURATION
from mmavl.scenes.plan import Cast, plan_split
from mmavl.scenes.spec import SPLITS, SplitSpec
from mmavl.scenes.waves import SAMPLE_RATE, Recording

_RECIPE = 1  # increase when the same seed gives other scenes
#: Kind -> class ('' if it belongs to none) -> the materials of a split.
SplitMaterials = dict[str, dict[str, list[Material]]]


@dataclass(frozen=True)
class OwnSpec(SplitSpec):
    """Everything that determines the content of a split.

    Args:
        dataset: Its name.
        classes: In the manifest's order.
        groups: Family -> classes; each class is in one.
        has_families: Whether the manifest lists the families.
        levels: Shares of scenes with one, two, ... sounding objects.
        silent: Share of scenes with a silent object.
        same_family: Share of these where it belongs to the family of a sounding object.
        augment: Names of effects.
        materials: Checksum of the materials and their split.
        frame_style: Side of the frame and sizes of the objects.
        recipe: Version of this code.
    """

    dataset: str
    classes: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    has_families: bool
    levels: Sequence[float]
    silent: float
    same_family: float
    augment: Sequence[str]
    materials: str
    frame_style: FrameStyle = STYLE
    recipe: int = _RECIPE

    @property
    def families(self) -> Mapping[str, Sequence[str]]:
        """Family -> its classes."""
        return self.groups

    def casts(self) -> list[Cast]:
        """Return the visible and sounding classes of each scene."""
        shares = self.silent, self.same_family
        return plan_split(self.stream(0), self.size, self.levels, self.groups, *shares)

    def metainfo(self) -> dict:
        """Return the manifest's metainfo."""
        groups = {family: list(members) for family, members in self.groups.items()}
        return {
            'dataset': self.dataset,
            'split': self.split,
            'classes': list(self.classes),
            **({'groups': groups} if self.has_families else {}),
            'seed': self.seed,
            'augment': list(self.augment),
        }


def load_banks(divided: dict[str, SplitMaterials], augment: Sequence[str], split: str) -> Banks:
    """Load the pictures, recordings and effects of a split.

    Args:
        divided: Split -> its materials.
        augment: Names of effects.
        split: The split.
    """
    share = divided[split]
    cutouts = {label: _pictures(items) for label, items in share['pictures'].items()}
    backgrounds = _pictures(share['backgrounds'].get('', ())) or textures(SPLITS.index(split))
    recordings = {label: _recordings(items) for label, items in share['sounds'].items()}
    return Banks(
        PictureBank(cutouts, backgrounds),
        RecordingBank(recordings, shifted='pitch' in augment),
        _effects(share, augment) if set(augment) - {'pitch'} else None,
    )


def _effects(share: SplitMaterials, augment: Sequence[str]) -> Effects:
    kinds = ('impulse-responses', 'noise')
    rooms, noise = (_recordings(share[kind].get('', ())) for kind in kinds)
    return Effects(augment, round(DURATION * SAMPLE_RATE), rooms, noise)


def _pictures(items: Sequence[Material]) -> list[PictureFile]:
    return [PictureFile(item.name, item.prepared) for item in items]


def _recordings(items: Sequence[Material]) -> list[Recording]:
    return [Recording(item.name, item.prepared, item.length) for item in items]
