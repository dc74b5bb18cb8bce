"""Every function says which axes it wants before it computes or allocates anything."""

import inspect
import re

import pytest
import torch

from mmavl.evaluation import functional
from mmavl.evaluation.functional.axes import check_axes

MAPS = torch.rand(2, 3, 4)
REGIONS = torch.zeros(2, 3, 4, dtype=torch.long)
VALUES = torch.rand(5)
WAVES = torch.rand(2, 600)
#: Arguments that are right, and wrong ones with what the message says.
CALLS = {
    'above_median': ((MAPS,), [((VALUES,), 'maps is (5,), must be [..., H, W]')]),
    'above_threshold': ((MAPS, 0.5), [((VALUES, 0.5), 'must be [..., H, W]')]),
    'as_scored': ((MAPS,), [((VALUES,), 'must be [..., H, W]')]),
    'at_least_threshold': ((MAPS, 0.5), [((VALUES, 0.5), 'must be [..., H, W]')]),
    'average_precision': (
        (VALUES, VALUES > 0.5),
        [
            ((torch.tensor(0.5), torch.tensor(1)), 'scores is (), must be [..., n]'),
            ((VALUES, torch.ones(4)), 'targets is (4,), for these scores it must be (5,)'),
        ],
    ),
    'best_matching': ((MAPS[0],), [((VALUES,), 'scores is (5,), must be [K, n]')]),
    'bss_eval': (
        (WAVES, WAVES),
        [
            ((WAVES[0], WAVES[0]), 'reference is (600,), must be [..., n, T]'),
            ((WAVES, WAVES[0]), 'estimate is (600,), must be [..., n, T]'),
            ((WAVES.T, WAVES.T), 'more sources than samples; transpose it'),
            ((torch.ones(1, 1).expand(16000, 16000),) * 2, '16000 sources, 1 sets of'),
            ((WAVES, WAVES, 10**9), 'taps=1000000000 need'),
            ((WAVES, WAVES, 0), 'taps=0 must be at least 1'),
        ],
    ),
    'centred_disc': ((3,), [((0,), 'size is 0'), ((10**6,), 'from 1 to 8192')]),
    'clip_max': ((MAPS,), [((torch.rand(2, 0, 3),), 'a map has at least one cell')]),
    'consensus_iou': (
        (MAPS > 0.5, MAPS),
        [
            ((MAPS > 0.5, VALUES), 'reference is (5,), must be [..., H, W]'),
            ((MAPS > 0.5, torch.rand(3, 3, 4)), 'leading axes do not broadcast'),
        ],
    ),
    'consensus_reference': (
        (torch.tensor([[1, 1, 9, 9]]),),
        [((torch.tensor([1, 1, 9, 9]),), 'boxes is (4,), must be [..., m, 4]')],
    ),
    'mask_shares': (
        (MAPS > -1, REGIONS, 1),
        [
            ((MAPS[0] > -1, REGIONS[0], 1), 'masks is (3, 4), must be [N, H, W]'),
            ((MAPS > -1, REGIONS[:1], 1), 'regions is (1, 3, 4), for these maps it must be'),
            ((MAPS > -1, REGIONS + 1, 1), 'regions lie in [1, 1], not in [0, 1)'),
        ],
    ),
    'mean_average_precision': (
        (MAPS[0], MAPS[0] > 0.5),
        [((VALUES, VALUES > 0.5), 'scores is (5,), must be [N, C]')],
    ),
    'min_max': ((MAPS,), [((VALUES,), 'must be [..., H, W]')]),
    'peak_shares': ((MAPS, REGIONS, 1), [((MAPS[0], REGIONS[0], 1), 'must be [N, H, W]')]),
    'ranked_value': (
        (MAPS, torch.tensor([0, 11])),
        [((MAPS, torch.tensor(3)), 'rank is (), for these maps it must be (2,)')],
    ),
    'resize_maps': (
        (MAPS, 5),
        [
            ((VALUES, 5), 'must be [..., h, w]'),
            ((MAPS, 10**6), 'size is 1000000, must be a whole number from 1 to 8192'),
            ((MAPS, -1), 'size is -1'),
            ((MAPS, 2.5), 'size is 2.5'),
        ],
    ),
    'si_sdr': (
        (WAVES[0], WAVES[0]),
        [
            ((torch.tensor(1.0), torch.tensor(1.0)), 'reference is (), must be [..., T]'),
            ((WAVES.T, WAVES.T), 'more sources than samples; transpose it'),
        ],
    ),
    'success_auc': ((VALUES,), [((torch.tensor(0.5),), 'values is (), must be [..., n]')]),
    'success_rate': ((VALUES, 0.5), [((torch.tensor(0.5), 0.5), 'must be [..., n]')]),
    'top_pixels': (
        (MAPS, torch.tensor([0, 12])),
        [
            ((MAPS, torch.tensor(3)), 'count is (), for these maps it must be (2,)'),
            ((MAPS, torch.tensor([1, 13])), 'count is in [1, 13], but maps have 12 pixels'),
        ],
    ),
    'union_reference': (
        (torch.rand(2, 4).cumsum(1), 3),
        [
            ((torch.rand(4), 3), 'boxes is (4,), must be [..., n, 4]'),
            ((torch.rand(4, 2), 3), 'boxes is (4, 2), must be [..., n, 4]'),
            ((torch.rand(2, 4), 10**9), 'from 1 to 8192'),
        ],
    ),
    'whole_audio_map': (
        (MAPS, torch.rand(2)),
        [
            ((MAPS[0], torch.rand(2)), 'maps is (3, 4), must be [..., K, h, w]'),
            ((MAPS, torch.rand(3)), 'probabilities is (3,), for these maps it must be (2,)'),
        ],
    ),
    'whole_image': ((3,), [((0,), 'size is 0')]),
    'xywh_to_xyxy': ((torch.rand(4),), [((torch.rand(4, 2),), 'must be [..., 4]')]),
}
WRONG = [(name, *wrong) for name, (_, cases) in CALLS.items() for wrong in cases]


def test_every_public_function_is_asked():
    public = {name for name in functional.__all__ if inspect.isroutine(getattr(functional, name))}
    assert set(CALLS) == public == set(functional.__all__)


@pytest.mark.parametrize('name', CALLS)
def test_right_axes_are_taken(name):
    getattr(functional, name)(*CALLS[name][0])


@pytest.mark.parametrize(('name', 'arguments', 'message'), WRONG)
def test_wrong_axes_and_absurd_sizes_are_named(name, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(functional, name)(*arguments)


def test_what_is_no_tensor_is_named():
    with pytest.raises(TypeError, match=r'maps must be a tensor \[\.\.\., H, W\], not a list'):
        functional.min_max([[1.0]])


def test_an_empty_batch_has_the_axes_of_a_full_one():
    check_axes('maps', torch.rand(0, 3, 4), 'N, H, W')
    assert functional.min_max(torch.rand(0, 3, 4)).shape == (0, 3, 4)
    assert functional.success_rate(torch.rand(0), 0.5).isnan()
