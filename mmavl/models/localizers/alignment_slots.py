"""Where an image is pooled for Eq. 7, as the sounds that it goes with say."""

import torch
from torch import Tensor

from ..heads import AlignmentHead, smooth_maps, weighted_pool
from .class_maps import below_best, resize_maps

_REFINE_CELLS = 7
_UNCLAIMED_TEMPERATURE = 0.2


@torch.no_grad()
def fit(head: AlignmentHead, embedded: Tensor, sounds: Tensor, pairs: Tensor) -> Tensor:
    """How well each cell of an image fits a sound: Eq. 8's K without a gradient.

    Args:
        head: Its projections compare the two.
        embedded: E_v [N, c, h, w].
        sounds: f_a [P, c].
        pairs: long [P, 2], the clip and the class of each sound.

    Returns:
        K [P, h, w].
    """
    clips, classes = pairs.unbind(1)
    grid = head.project_grid(embedded)
    return head.distance_maps(head.project_audio(sounds, classes), grid[clips])


def agreement(
    head: AlignmentHead,
    embedded: Tensor,
    sounds: Tensor,
    sound_pairs: Tensor,
    pairs: Tensor,
    temperature: float,
) -> Tensor:
    """How well each cell fits the own sound of a (clip, class) pair, without a gradient.

    K is averaged over about an object's size, 7 x 7 cells: to choose between objects, not within
    one.

    Args:
        head, embedded, sounds, sound_pairs: As of :func:`fit`.
        pairs: long [Q, 2].
        temperature: Of ``exp((K - max K) / temperature)``.

    Returns:
        [Q, h, w] in (0, 1]; 1 for pairs that have no sound.
    """
    same = (pairs[:, None] == sound_pairs[None]).all(-1)
    slots, heard = same.nonzero(as_tuple=True)
    maps = smooth_maps(fit(head, embedded, sounds[heard], sound_pairs[heard]), _REFINE_CELLS)
    found = maps.new_ones(len(pairs), *maps.shape[1:])
    found[slots] = below_best(maps, temperature)
    return found


def unclaimed_slots(
    head: AlignmentHead, embedded: Tensor, sounds: Tensor, sound_pairs: Tensor, unclaimed: Tensor
) -> tuple[Tensor, Tensor]:
    """Pool each sound's image where no class claims it and the sound fits best.

    Args:
        head, embedded, sounds, sound_pairs: As of :func:`fit`.
        unclaimed: 0 or 1 for each cell of each clip [N, h', w'].

    Returns:
        E_v pooled [R, c], and which sounds, long [R], that is of: those whose image has unclaimed
        cells.
    """
    maps = fit(head, embedded, sounds, sound_pairs)
    free = resize_maps(unclaimed, maps.shape[-2:])[sound_pairs[:, 0]]
    rows = free.flatten(1).any(1).nonzero()[:, 0]
    weights = free * below_best(maps, _UNCLAIMED_TEMPERATURE)
    return weighted_pool(embedded, weights[rows], sound_pairs[rows, 0]), rows
