"""Leaving out the samples of a test split that cannot be read."""

from typing import Any

import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from torch.utils.data import DataLoader, Dataset, Subset

from mmavl.errors import ConfigError, DataError

from .bad_samples import cause_of, clips_by_cause


def keep_readable(dataset: Any, workers: int = 0) -> None:
    """Load each sample once, and keep those that can be read; :func:`evaluated` tells the rest.

    Several processes share the work, and keep the same samples.

    Args:
        dataset (Any): With ``get_subset_`` and, in test mode, errors for bad samples.
        workers (int): Processes that load samples. Defaults to 0.

    Raises:
        ConfigError: The dataset cannot become a subset.
        DataError: No sample can be read.
    """
    if not hasattr(dataset, 'get_subset_'):
        raise ConfigError(f'{type(dataset).__name__} cannot leave out missing samples')
    dataset.full_init()
    total = len(dataset)
    share = Subset(_Reasons(dataset), range(get_rank(), total, get_world_size()))
    generator = torch.Generator()  # the run's random numbers stay the same
    loader = DataLoader(share, batch_size=None, num_workers=workers, generator=generator)
    here = {index: found for index, *found in loader if found[-1]}
    missing = {index: found for part in all_gather_object(here) for index, found in part.items()}
    if not missing:
        return
    if len(missing) == total:
        raise DataError(f'none of the {total} samples can be read; the first: {missing[0][-1]}')
    dataset.get_subset_([index for index in range(total) if index not in missing])
    causes = clips_by_cause((clip, cause) for _, (clip, cause, _) in sorted(missing.items()))
    dataset.evaluated = {'samples': len(dataset), 'of': total, 'missing': causes}


def evaluated(dataset: Any) -> dict[str, Any] | None:
    """What :func:`keep_readable` kept: 'samples', 'of', and the 'missing' clips by cause.

    Returns:
        dict, optional: None if no sample is missing.
    """
    return getattr(dataset, 'evaluated', None)


class _Reasons(Dataset):
    """For each sample its index, its clip or number, cause and error; '' if it can be read."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __getitem__(self, index: int) -> tuple[int, str, str, str]:
        try:
            self.dataset[index]
        except DataError as error:
            info = self.dataset.get_data_info(index)
            reason = str(error)
            return index, str(info.get('clip_id', index)), cause_of(reason, info), reason
        return index, '', '', ''
