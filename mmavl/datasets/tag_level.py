"""The classes of a dataset: those of a manifest, or its groups."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmavl.errors import DataError


class TagLevel:
    """Maps tags and labels of a manifest to classes: its own classes, or its groups.

    Args:
        level (str): 'class' or 'group'.
        metainfo (Mapping): The manifest's, with ``classes`` and, optionally, ``groups``.
        manifest (str): Its path, for error messages.

    Attributes:
        classes (list[str]): The names of the C classes.
        families (list[int]): The group of each class (the first if several), -1 for none.
        family (dict[str, int]): The group of each class of the manifest.

    Raises:
        DataError: The level is 'group', but the manifest has no groups.
    """

    def __init__(self, level: str, metainfo: Mapping, manifest: str) -> None:
        groups = metainfo.get('groups', {})
        if level == 'group' and not groups:
            raise DataError(f"manifest {manifest} has no groups: set tag_level='class'")
        self._manifest = manifest
        self._names = list(metainfo['classes'])
        self.family = dict.fromkeys(self._names, -1)
        for index, members in reversed(list(enumerate(groups.values()))):
            self.family.update(dict.fromkeys(members, index))
        self._groups = groups if level == 'group' else None
        if level == 'group':
            self.classes, self.families = list(groups), list(range(len(groups)))
        else:
            self.classes = self._names
            self.families = [self.family[name] for name in self._names]

    def label(self, name: str) -> int:
        """The index of the class that a class of the manifest maps to."""
        return self._names.index(name) if self._groups is None else self.family[name]

    def tags(self, labels: Sequence[str] | Mapping[str, float]) -> np.ndarray:
        """Probabilities of the classes; a group without a tag gets the largest of its classes.

        Args:
            labels (Sequence[str] | Mapping[str, float]): The tags of an entry.

        Returns:
            ndarray: float32 [C].

        Raises:
            DataError: The tags are groups only, but the level is 'class'.
        """
        shares = labels if isinstance(labels, Mapping) else dict.fromkeys(labels, 1.0)
        if self._groups is not None:
            groups = self._groups.items()
            shares_of = [self._share(group, names, shares) for group, names in groups]
            return np.array(shares_of, np.float32)
        if shares and not any(name in shares for name in self._names):
            raise DataError(
                f'manifest {self._manifest} has only tags of groups, e.g. {[*shares][:3]}: set '
                "tag_level='group'"
            )
        return np.array([shares.get(name, 0) for name in self._names], np.float32)

    def _share(self, group: str, members: Sequence[str], shares: Mapping[str, float]) -> float:
        if group in shares and group not in self._names:
            return shares[group]
        return max(shares.get(name, 0) for name in members)
