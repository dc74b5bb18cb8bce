import dataclasses
import math

import pytest
import torch

from mmavl.evaluation import PROTOCOLS, get_protocol


def ramp(size):
    """A map whose values are 0, 1, ..., size - 1 along the columns."""
    return torch.arange(float(size)).expand(1, size, size)


def columns(name, maps, reference=None):
    """How many columns of the mask are set."""
    protocol = get_protocol(name)
    masks = protocol.binarise(protocol.normalise(maps), reference)
    return masks[0].all(0).sum().item()


def test_the_table_of_protocols():
    sizes = {name: protocol.size for name, protocol in PROTOCOLS.items()}
    own = ['original', 'half_max', 'median', 'absolute', 'oracle_area', 'val_best']
    assert [sizes.pop(name) for name in own] == [256, 256, 224, 224, 256, 256]
    assert list(sizes) == [
        'lvs', 'oracle_adaptive', 'sslalign_val', 'ez_vsl', 'ez_vsl_train', 'slavc',
        'slavc_relative', 'avgn', 'avgn_relative', 'no_prior', 'dsol_synthetic', 'dsol_duet',
        'dsol_solo',
    ]  # fmt: skip
    assert set(sizes.values()) == {224}
    assert all(p.class_aware for p in PROTOCOLS.values())
    assert {p.name for p in PROTOCOLS.values() if p.success != (0.5, 0.5, 0.3)} == {
        'avgn', 'avgn_relative', 'no_prior', 'dsol_synthetic', 'dsol_duet', 'dsol_solo',
    }  # fmt: skip
    assert all((p.rounding == 'lvs') == (p.size == 224) for p in PROTOCOLS.values())
    assert {p.name for p in PROTOCOLS.values() if p.oracle} == {'oracle_area', 'oracle_adaptive'}


def test_upsamplings_of_the_published_evaluators():
    assert {name: PROTOCOLS[name].upsampling for name in ('lvs', 'sslalign_val', 'no_prior')} == {
        'lvs': 'bilinear', 'sslalign_val': 'bilinear', 'no_prior': 'bilinear',
    }  # fmt: skip
    assert PROTOCOLS['ez_vsl'].upsampling == 'bilinear_corners'
    assert PROTOCOLS['ez_vsl_train'].upsampling == 'bicubic'
    bicubic = {'slavc', 'slavc_relative', 'avgn', 'avgn_relative'}
    assert {p.name for p in PROTOCOLS.values() if p.upsampling == 'bicubic_corners'} == bicubic


def test_published_medians_are_the_upper_middle_value_kept_or_not():
    # columns 0 ... 223: of the two middle values, 111 and 112, published code takes 112
    assert columns('lvs', ramp(224)) == 111
    assert columns('ez_vsl', ramp(224)) == 112
    assert columns('median', ramp(224)) == 112


def test_a_map_that_is_mostly_zero_is_all_or_little_by_the_two_medians():
    maps = torch.zeros(1, 224, 224)
    maps[..., :50] = 1
    assert columns('lvs', maps) == columns('median', maps) == 50
    assert columns('ez_vsl', maps) == columns('slavc_relative', maps) == 224


def test_areas_of_a_map_with_a_single_cell_by_each_rule():
    cells = torch.zeros(1, 7, 7)
    cells[0, 3, 3] = 1

    def area(name):
        protocol = get_protocol(name)
        mask = protocol.binarise(protocol.normalise(protocol.upsample(cells)), None)
        return mask.sum().item()

    # bilinear, cells of 32 px: above 0 within 32 px of the cell's centre
    assert area('median') == area('lvs') == area('no_prior') == 64**2
    # at least 0 is the whole frame; bicubic values below 0 are left out of it
    assert area('sslalign_val') == area('ez_vsl') == 224**2
    assert 64**2 < area('slavc_relative') < area('ez_vsl_train') < 224**2
    # (1 - x)(1 - y) > 1/2 in four quadrants: 2 - 2 ln 2 of a cell
    assert area('absolute') == pytest.approx((2 - 2 * math.log(2)) * 32**2, abs=1)
    # aligned corners set the cells 223/6 px apart, and a cubic is wider at half of its height
    assert area('slavc') == area('avgn') == 38**2


def test_scores_at_the_threshold_are_in_slavcs_mask_and_not_in_absolutes():
    maps = torch.full((1, 224, 224), 0.4)
    maps[..., :10] = 0.5
    assert columns('slavc', maps) == 10
    assert columns('absolute', maps) == 0


def test_dsol_takes_what_is_above_a_share_of_the_maximum():
    maps = ramp(224) / 223 * 0.7
    shares = {'dsol_synthetic': 0.5, 'dsol_duet': 0.2, 'dsol_solo': 0.1}
    for name, share in shares.items():
        assert columns(name, maps) == sum(column > share * 223 for column in range(224))


def test_the_adaptive_threshold_leaves_out_the_pixel_at_the_rank_of_the_area():
    reference = torch.zeros(1, 224, 224)
    reference[:, :, :10] = 1
    protocol = get_protocol('oracle_adaptive')
    maps = torch.randperm(224 * 224).view(1, 224, 224).double()
    assert protocol.binarise(maps, reference).sum() == 2240 - 1


def test_bicubic_scores_may_leave_the_range_of_valid_cells():
    cells = torch.zeros(1, 4, 4)
    cells[..., :2] = 1
    assert get_protocol('slavc').upsample(cells).amax() > 1
    with pytest.raises(ValueError, match=r'scores are in \[0, 2\]'):
        get_protocol('slavc').upsample(2 * cells)


def test_original_clips_at_zero_and_takes_what_is_above_a_tenth_of_the_maximum():
    # columns -128 ... 127: above 12.7 are 13 ... 127
    assert columns('original', ramp(256) - 128) == 115


def test_half_max_scales_by_both_extremes():
    # half of the span is 127.5, wherever the zero is
    assert columns('half_max', ramp(256) - 128) == 128
    assert columns('half_max', ramp(256) + 1000) == 128


def test_median_takes_half_of_the_area_whatever_the_values():
    assert columns('median', ramp(224).square()) == 112


def test_absolute_takes_scores_as_they_are():
    assert columns('absolute', ramp(224) / 1000) == 0
    assert columns('absolute', ramp(224) / 223) == 112


def test_oracle_area_takes_as_many_pixels_as_the_reference_has():
    reference = torch.zeros(1, 256, 256)
    reference[:, :, :10] = 0.5
    assert columns('oracle_area', ramp(256), reference) == 10


def test_val_best_uses_the_threshold_that_it_is_given():
    assert columns('val_best@0.9', ramp(256) / 255) == 256 - 230  # 0.9 * 255 is 229.5


@pytest.mark.parametrize(
    ('spec', 'key', 'class_aware', 'tags'),
    [
        ('half_max', 'half_max', True, 'given'),
        ('half_max/predicted', 'half_max/predicted', True, 'predicted'),
        ('median/union', 'median/union', False, 'given'),
        ('median/predicted/union', 'median/union/predicted', False, 'predicted'),
        ('val_best@0.35/predicted', 'val_best/predicted', True, 'predicted'),
        ('median/raw_sum/predicted', 'median/predicted/raw_sum', True, 'predicted'),
    ],
)
def test_options_follow_the_name(spec, key, class_aware, tags):
    protocol = get_protocol(spec)
    assert (protocol.key, protocol.class_aware, protocol.tags) == (key, class_aware, tags)
    assert protocol.raw_sum == ('raw_sum' in spec)


@pytest.mark.parametrize('spec', ['half', 'half_max/guessed', 'half_max/union/union', '', '@0.5'])
def test_an_unknown_name_lists_the_known_ones(spec):
    with pytest.raises(ValueError, match=r'known are original, half_max, median, absolute'):
        get_protocol(spec)


@pytest.mark.parametrize('spec', ['val_best@x', 'val_best@1.5', 'val_best@', 'val_best@nan'])
def test_a_threshold_must_be_a_number_below_one(spec):
    with pytest.raises(ValueError, match=r'\[0, 1\)'):
        get_protocol(spec)


def test_a_fixed_threshold_cannot_be_changed_by_name_nor_by_assignment():
    with pytest.raises(ValueError, match='only val_best takes a threshold'):
        get_protocol('half_max@0.4')
    with pytest.raises(dataclasses.FrozenInstanceError):
        PROTOCOLS['half_max'].threshold = 0.4


def test_success_by_level():
    protocol = get_protocol('half_max')
    assert [protocol.success_threshold(level) for level in range(5)] == [0.5, 0.5, 0.5, 0.3, 0.3]
