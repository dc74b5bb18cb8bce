import dataclasses

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
    assert sizes == {
        'original': 256,
        'half_max': 256,
        'median': 224,
        'absolute': 224,
        'oracle_area': 256,
        'val_best': 256,
    }
    assert all(p.success == (0.5, 0.5, 0.3) and p.class_aware for p in PROTOCOLS.values())
    assert {name: p.rounding for name, p in PROTOCOLS.items() if p.size == 224} == {
        'median': 'lvs',
        'absolute': 'lvs',
    }


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
    ],
)
def test_options_follow_the_name(spec, key, class_aware, tags):
    protocol = get_protocol(spec)
    assert (protocol.key, protocol.class_aware, protocol.tags) == (key, class_aware, tags)


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
