"""What is inside datasets that wrap others."""

from collections.abc import Iterator
from typing import Any


def av_datasets(dataset: Any) -> Iterator[Any]:
    """The datasets of clips inside wrappers (ConcatDataset, RepeatDataset, ViewDataset, ...)."""
    if hasattr(dataset, 'features'):
        yield dataset
    elif hasattr(dataset, 'dataset'):
        yield from av_datasets(dataset.dataset)
    else:
        for part in getattr(dataset, 'datasets', ()):
            yield from av_datasets(part)
