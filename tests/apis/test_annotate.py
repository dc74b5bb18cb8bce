import json

import numpy as np
import pytest

from mmavl.apis import Localization, LocalizationInferencer
from mmavl.apis.annotate import annotate_video
from mmavl.errors import DataError
from mmavl.media.audio import read_audio


def found(time, value, loud=1.0):
    maps = {'loud': np.array([[value, 0.0], [0.0, 0.0]], np.float32)}
    sounding = ['loud'] if loud >= 0.5 else []
    return Localization('x', (64, 48), time, (0.0, 1.0), {'loud': loud}, {}, sounding, maps)


def test_frames_keep_their_moments_and_the_sound_its_place(tmp_path, media):
    moments = [0.0, 0.1, 0.5, 0.55, 1.9]  # a variable frame rate
    beep = np.concatenate([np.zeros(8000), media.tone(0.5), np.zeros(4000)])
    source = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(5), wave=beep, moments=moments)
    out = tmp_path / 'out.mp4'
    assert annotate_video(str(source), out, [found(0.0, 1.0)], ['loud']) == 5
    times, _ = media.read_video(out)
    assert times == pytest.approx(moments, abs=1e-3)
    before, after = read_audio(str(source)), read_audio(str(out))
    assert before[1] == after[1]
    assert np.array_equal(before[0], after[0])  # copied, to the sample


def test_an_mp4_is_read_twice_for_its_annotated_copy(tmp_path, media, opens):
    source = str(media.write_clip(tmp_path / 'x.mp4', media.grey_frames(20), wave=media.tone(2)))
    localize = LocalizationInferencer(media.toy_config(), device='cpu', show_progress=False)
    assert localize.annotate(source, tmp_path / 'out.mp4') == 20
    assert opens == [source] * 2


def test_heat_boxes_and_scores_are_drawn_where_they_belong(tmp_path, media):
    frames = [np.full((240, 320, 3), 100, np.uint8)] * 4
    source = media.write_clip(tmp_path / 'x.mp4', frames, wave=media.tone(1))
    annotate_video(str(source), tmp_path / 'out.mp4', [found(0.0, 1.0)], ['loud'])
    _, pictures = media.read_video(tmp_path / 'out.mp4')
    picture = pictures[0].astype(int)
    assert picture.shape == (258, 320, 3)  # the strip is 18 pixels high
    top_left, bottom_right = picture[40:100, 20:100], picture[150:230, 200:300]
    assert (top_left[..., 0] - top_left[..., 2]).mean() > 60  # orange
    assert np.abs(bottom_right - 100).mean() < 4
    assert picture[240:].min() < 60 < 200 < picture[240:].max()  # the strip, with words


def test_what_was_found_is_written_line_by_line(tmp_path, media, clip):
    localize = LocalizationInferencer(media.toy_config(), device='cpu', show_progress=False)
    count = localize.annotate(
        clip, tmp_path / 'out.mp4', rate=4, windows_file=tmp_path / 'out.jsonl', batch_size=3
    )
    assert count == 20
    lines = [json.loads(line) for line in (tmp_path / 'out.jsonl').read_text().splitlines()]
    assert [line['time'] for line in lines] == [n / 4 for n in range(8)]
    assert lines[0]['window'] == [0.0, 1.0]
    assert lines[4]['window'] == [0.5, 1.5]
    assert all('values' not in entry for line in lines for entry in line['maps'])


def test_fewer_frames_on_demand(tmp_path, media, clip):
    assert annotate_video(clip, tmp_path / 'out.mp4', [], ['loud'], frame_rate=4) == 8
    times, _ = media.read_video(tmp_path / 'out.mp4')
    assert times == pytest.approx([0, 0.3, 0.5, 0.8, 1.0, 1.3, 1.5, 1.8], abs=1e-3)


def test_a_turned_video_of_odd_size_is_written_upright_and_even(tmp_path, media):
    frames = [np.full((45, 63, 3), 100, np.uint8)] * 3
    plain = media.write_clip(tmp_path / 'x.mp4', frames, wave=media.tone(1))
    turned = media.turn(plain, tmp_path / 'turned.mp4')
    annotate_video(str(turned), tmp_path / 'out.mp4', [found(0.0, 1.0)], ['loud'])
    _, pictures = media.read_video(tmp_path / 'out.mp4')
    assert pictures[0].shape == (320 + 18, 228, 3)


def test_a_video_that_breaks_leaves_no_file(tmp_path, media, clip):
    def broken():
        yield found(0.0, 1.0)
        raise DataError('broken')

    with pytest.raises(DataError, match='broken'):
        annotate_video(clip, tmp_path / 'out.mp4', broken(), ['loud'], windows_file=tmp_path / 'w')
    assert [p.name for p in tmp_path.iterdir()] == ['clip.mp4']


def test_a_part_has_the_sound_of_its_frames(tmp_path, media):
    source = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(30), wave=media.tone(3))
    whole, _ = media.read_video(source)

    def stopped():
        yield from (found(number / 2, 1.0) for number in range(6))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate_video(str(source), tmp_path / 'out.a.mp4', stopped(), ['loud'])
    assert sorted(path.name for path in tmp_path.iterdir()) == ['out.a~part.mp4', 'x.mp4']
    times, _ = media.read_video(tmp_path / 'out.a~part.mp4')
    assert 5 <= len(times) < 30
    assert times == pytest.approx(whole[: len(times)], abs=1e-3)
    wave, rate = read_audio(str(tmp_path / 'out.a~part.mp4'))
    assert len(wave) / rate == pytest.approx(times[-1], abs=0.2)


def test_before_the_first_frame_an_interruption_leaves_nothing(tmp_path, clip):
    def stopped():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        annotate_video(clip, tmp_path / 'out.mp4', stopped(), ['loud'])
    assert [p.name for p in tmp_path.iterdir()] == ['clip.mp4']
