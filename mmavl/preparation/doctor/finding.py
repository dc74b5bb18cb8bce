"""What the doctor finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmavl.utils.strict_json import brief


@dataclass(frozen=True)
class Finding:
    """One kind of mistake in one file.

    Attributes:
        path (str): The file.
        kind (str): 'box format', 'degenerate box', 'pairs', 'shared ids', 'missing media', 'same
            media', 'test list', or a kind of :class:`mmavl.datasets.manifest_checks.Problem`.
        message (str): What, with an example and the way out.
        count (int): How many are affected.
        of (int): Of how many.
        problem (bool): False for what is only to be known.
    """

    path: str
    kind: str
    message: str
    count: int
    of: int
    problem: bool = True


def examples(values: Iterable[object], most: int = 3) -> str:
    """The first few of many values, for a message."""
    listed: Sequence[object] = list(values)
    more = f' and {len(listed) - most} more' if len(listed) > most else ''
    return ', '.join(brief(value) for value in listed[:most]) + more
