import pytest

from mmavl.preparation.converters.cutting import (
    ClipSpec,
    UnusableClip,
    check_numbers,
    find_window,
    frame_times,
    require_frames,
)

CLIPS = ClipSpec(seconds=10.0, fps=1.0, min_seconds=1.0)
STILLS = ClipSpec(seconds=5.0, fps=None, min_seconds=1.0, centre=True)
WHOLE = ClipSpec(seconds=None, fps=8.0, min_seconds=6.0)


@pytest.mark.parametrize(
    ('length', 'begin', 'spec', 'window'),
    [
        (100.0, 30.0, CLIPS, (30.0, 10.0)),  # cut out of a whole video
        (34.0, 30.0, CLIPS, (30.0, 4.0)),  # which ends early
        (10.4, 30.0, CLIPS, (0.0, 10.0)),  # cut before: where it began no longer counts
        (20.0, None, STILLS, (7.5, 5.0)),  # the middle
        (3.0, None, STILLS, (0.0, 3.0)),
        (321.0, None, WHOLE, (0.0, 321.0)),
    ],
)
def test_which_part_of_the_media_is_the_clip(length, begin, spec, window):
    assert find_window(length, begin, spec, 'x.mp4') == window


@pytest.mark.parametrize(
    ('length', 'begin', 'spec', 'cause'),
    [
        (100.0, None, CLIPS, 'uncut'),
        (30.2, 30.0, CLIPS, 'short'),  # a fifth of a second is left of it
        (20.0, 30.0, CLIPS, 'short'),  # the video ends before it begins
        (5.0, None, WHOLE, 'short'),
    ],
)
def test_a_clip_that_cannot_be_cut_says_why(length, begin, spec, cause):
    with pytest.raises(UnusableClip) as raised:
        find_window(length, begin, spec, 'x.mp4')
    assert raised.value.args[0] == cause
    assert 'x.mp4' in raised.value.args[1]


def test_frames_are_a_period_apart_and_a_still_is_of_the_middle():
    assert frame_times(30.0, 3.0, CLIPS) == [30.0, 31.0, 32.0]
    assert frame_times(30.0, 3.2, CLIPS) == [30.0, 31.0, 32.0, 33.0]
    assert frame_times(0.0, 0.5, WHOLE) == [0.0, 0.125, 0.25, 0.375]
    assert frame_times(7.5, 5.0, STILLS) == [10.0]


def test_pictures_that_end_early_are_short():
    require_frames(10, 10, 'x.mp4', CLIPS)
    for count, cause in ((0, 'no frames'), (5, 'short')):
        with pytest.raises(UnusableClip) as raised:
            require_frames(count, 10, 'x.mp4', CLIPS)
        assert raised.value.args[0] == cause


def test_extracted_frames_begin_with_0_or_1_without_a_gap():
    for first in (0, 1):
        paths = [f'x/{number:04d}.jpg' for number in range(first, first + 10)]
        assert check_numbers(paths, 10.0, CLIPS) == paths
    for numbers, found in (([0, 1, 3], 'frame 2 is missing'), ([2, 3, 4], 'start with x/0002')):
        with pytest.raises(UnusableClip, match=found):
            check_numbers([f'x/{number:04d}.jpg' for number in numbers], 3.0, CLIPS)


@pytest.mark.parametrize(('sound', 'cause'), [(20.0, 'short'), (4.0, 'broken')])
def test_frames_at_another_rate_than_the_sound_are_told(sound, cause):
    paths = [f'x/{number:04d}.jpg' for number in range(10)]
    with pytest.raises(UnusableClip, match='incomplete, or extracted at another rate') as raised:
        check_numbers(paths, sound, CLIPS)
    assert raised.value.args[0] == cause
