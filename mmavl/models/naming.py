"""Which classes are named as sounding, and which of them cannot be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: The least probability of a family of classes that is named.
FAMILY_THRESHOLD = 0.5


@dataclass(frozen=True)
class Naming:
    """How probabilities become names.

    Attributes:
        threshold (float): The probability from which a class counts as sounding.
        families (Mapping[str, Sequence[str]]): Classes that stand for several others. One is
            named only where none of its classes is, and from a probability of 0.5.
        visual_threshold (float): A class that is less likely than this in the picture is
            off screen. Defaults to 0: the model shows every class somewhere.
        kinds (Mapping[str, Sequence[str]]): Class -> finer names for it.
    """

    threshold: float = 0.3
    families: Mapping[str, Sequence[str]] = field(default_factory=dict)
    visual_threshold: float = 0.0
    kinds: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def sounding(self, audible: Mapping[str, float]) -> list[str]:
        """The classes to name, best first.

        Args:
            audible (Mapping[str, float]): Probability that each class sounds.
        """
        least = max(self.threshold, FAMILY_THRESHOLD)
        named = [
            name
            for name, score in audible.items()
            if score >= (least if name in self.families else self.threshold)
        ]
        named = [name for name in named if not self._is_said_by_others(name, named)]
        return sorted(named, key=lambda name: -audible[name])

    def _is_said_by_others(self, name: str, named: Sequence[str]) -> bool:
        members = set(self.families.get(name, ()))
        return any(
            other in members or set(self.families.get(other, members)) < members
            for other in named
            if other != name
        )

    def off_screen(self, sounding: Sequence[str], visible: Mapping[str, float]) -> list[str]:
        """Those of the classes that are most likely not in the picture.

        Args:
            sounding (Sequence[str]): Classes.
            visible (Mapping[str, float]): Probability that each class is in the picture.
        """
        return [name for name in sounding if visible.get(name, 1.0) < self.visual_threshold]

    def finer(self, sounding: Sequence[str], kind_probs: Mapping[str, float]) -> dict[str, str]:
        """Class -> the finer name that is likelier than not.

        Args:
            sounding (Sequence[str]): Classes.
            kind_probs (Mapping[str, float]): Probability of each kind, if its class sounds.
        """
        best = {
            name: max(self.kinds[name], key=lambda kind: kind_probs.get(kind, 0.0))
            for name in sounding
            if self.kinds.get(name)
        }
        return {name: kind for name, kind in best.items() if kind_probs.get(kind, 0.0) > 0.5}


def named_families(meta: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Of a model's ``dataset_meta``, the classes that stand for several others.

    Args:
        meta (Mapping[str, Any]): In that of a manifest, ``families`` is the number of each class's
            group instead; it has none.
    """
    families = meta.get('families')
    return families if isinstance(families, Mapping) else {}
