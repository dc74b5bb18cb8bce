import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.apis import LocalizationInferencer
from mmavl.apis.failures import Failure
from mmavl.errors import ConfigError, DataError


def check_corner(found, size=(60, 40), gain=0.5):
    assert found.size == size
    assert found.sounding == (['loud', 'quiet'] if gain >= 0.5 else ['quiet', 'loud'])
    assert found.audio_probs['loud'] == pytest.approx(gain, abs=0.08)  # AAC
    assert found.audio_probs['quiet'] == pytest.approx(1 - gain, abs=0.08)
    assert found.maps['loud'].shape == (8, 8)
    assert found.maps['loud'][:3, :3] == pytest.approx(1, abs=0.02)
    (box,) = found.boxes('loud')
    tolerance = size[0] / 16 + 1
    assert box.xyxy == pytest.approx((0, 0, size[0] / 2, size[1] / 2), abs=tolerance)


def test_every_kind_of_input_gives_the_same(tmp_path, localize, media):
    picture, wave = media.bright_corner(), media.tone(2, gain=0.55)
    Image.fromarray(picture).save(tmp_path / 'a b ü.png')
    soundfile.write(tmp_path / 'a b ü.wav', wave, media.RATE, subtype='FLOAT')
    video = media.write_clip(tmp_path / '三 v.mp4', [picture] * 20, wave=wave)
    pair = (str(tmp_path / 'a b ü.png'), tmp_path / 'a b ü.wav')
    inputs = [video, pair, (picture, wave, media.RATE), str(tmp_path)]
    out = localize(inputs, batch_size=2)
    assert out['failures'] == []
    assert [found.name for found in out['predictions']] == [
        '三 v', 'a b ü', 'clip', '三 v_2', 'a b ü_2',
    ]  # fmt: skip
    for found in out['predictions']:
        check_corner(found, gain=0.55)
        assert found.correspondence == 0.25
    assert out['predictions'][0].time == pytest.approx(1.0, abs=0.05)
    assert out['predictions'][2].time is None


def test_labels_and_threshold_choose_what_is_drawn_and_what_sounds(localize, media):
    clip = media.bright_corner(), media.tone(1, gain=0.2), media.RATE
    (found,) = localize(clip, threshold=0.5)['predictions']
    assert found.sounding == ['quiet']
    assert localize(clip, threshold=0.9)['predictions'][0].sounding == []
    with pytest.raises(ValueError, match="unknown class 'Violin'; choose from loud, quiet"):
        localize(clip, labels=['Violin'])
    with pytest.raises(ValueError, match="labels='loud' must be a list of names"):
        localize(clip, labels='loud')
    for share in (-0.1, 1.1, float('nan')):
        with pytest.raises(ValueError, match=f'threshold={share} is not from 0 to 1'):
            localize(clip, threshold=share)


def test_only_what_is_named_or_asked_for_is_drawn(localize, media):
    clip = media.bright_corner(), media.tone(1, gain=0.2), media.RATE
    drawn = []
    for options in (
        {'threshold': 0.9},
        {'threshold': 0.5},
        {'threshold': 0.5, 'labels': ['loud']},
    ):
        out = localize(clip, return_vis=True, **options)
        drawn.append(out['predictions'][0].drawn)
        assert out['visualization'][0].ndim == 3
    assert drawn == [[], ['quiet'], ['quiet', 'loud']]


def test_saved_files_say_what_was_found(tmp_path, localize, media):
    arrays = {'image': media.bright_corner(), 'audio': media.tone(1)}
    clip = {**arrays, 'sample_rate': media.RATE, 'name': 'a/b'}
    out = localize([clip, 'https://x.org/y.mp4'], return_vis=True)
    index = localize.save(out, tmp_path / 'out')
    assert index == json.loads((tmp_path / 'out/results.json').read_text())
    (entry,) = index['clips']
    assert entry['json'] == 'a_b.json'
    assert index['failures'] == [
        {
            'name': 'https://x.org/y.mp4',
            'message': 'https://x.org/y.mp4 is a URL, not a file: download it first',
        }
    ]
    saved = json.loads((tmp_path / 'out/a_b.json').read_text())
    assert saved['format'] == 'mmavl.localization/2'
    assert saved['size'] == [60, 40]
    assert [tag['label'] for tag in saved['tags'] if tag['sounding']] == ['loud', 'quiet']
    loud = saved['maps'][0]
    assert (loud['label'], loud['grid']) == ('loud', [8, 8])
    expected = out['predictions'][0].maps['loud']
    assert np.array(loud['values']) == pytest.approx(expected, abs=1e-5)
    assert loud['boxes'][0]['peak'] == 1.0
    with Image.open(tmp_path / 'out' / saved['picture']) as picture:
        assert np.array_equal(np.asarray(picture), out['visualization'][0])


@pytest.mark.parametrize('size', [(61, 41), (2, 2), (1, 1), (640, 6)])
def test_odd_sizes_are_handled(tmp_path, localize, media, size):
    frames = [np.full((size[1], size[0], 3), 90, np.uint8)] * 3
    video = media.write_clip(tmp_path / 'x.mkv', frames, wave=media.tone(1))
    out = localize(str(video), out_dir=tmp_path / 'out')
    assert out['predictions'][0].size == size
    assert (tmp_path / 'out/x.png').is_file()


@pytest.mark.parametrize('field', ['pred_tags', 'pred_maps'])
def test_what_is_not_finite_is_a_failure_of_its_clip(localize, media, monkeypatch, field):
    predict = type(localize.model).predict

    def spoil(self, inputs, samples):
        found = predict(self, inputs, samples)
        for sample in found:
            if sample.clip_id == 'b':
                values = sample.pred_tags if field == 'pred_tags' else sample.pred_maps.data
                values.view(-1)[0] = float('nan')
        return found

    monkeypatch.setattr(type(localize.model), 'predict', spoil)
    clip = {'image': media.bright_corner(), 'audio': media.tone(1), 'sample_rate': 8000}
    out = localize([{**clip, 'name': name} for name in 'abc'])
    assert [found.name for found in out['predictions']] == ['a', 'c']
    assert out['failures'] == [Failure('b', 'b: the model returned values that are not finite')]


@pytest.mark.parametrize('options', [{'threshold': 2}, {'labels': ['Violin']}, {'labels': 'loud'}])
def test_wrong_options_are_said_and_are_no_clips_failure(localize, media, options):
    with pytest.raises(ValueError, match=r'threshold|Violin|labels'):
        localize([(media.bright_corner(), media.tone(1), 8000)], **options)


def test_another_kind_of_model_is_refused(media):
    config = media.toy_config()
    config['model'] = {'type': 'NMFMFCC'}
    with pytest.raises(ConfigError, match='builds a NMFMFCC, which is not a localizer'):
        LocalizationInferencer(config, device='cpu')


def write_video(path, media, seconds=2):
    frames = media.grey_frames(round(10 * seconds))
    return media.write_clip(path, frames, wave=media.tone(seconds))


@pytest.mark.parametrize('seconds', [0.1, 0.5, 2, 9])  # a window of sound lasts 1 s
@pytest.mark.parametrize('whole', [True, False])
def test_an_mp4_is_read_twice_at_most(tmp_path, localize, media, opens, whole, seconds):
    video = str(write_video(tmp_path / 'x.mp4', media, seconds))
    index = localize([video], out_dir=tmp_path / 'out', whole_videos=whole)['index']
    assert index['failures'] == []
    assert opens == [video] * (2 if whole else 1)
    assert ('video' in index['clips'][0]) == whole


def test_a_video_is_gone_through_and_its_windows_are_those_of_video(tmp_path, localize, media):
    video = write_video(tmp_path / 'x.mp4', media)
    (result,) = localize(video, rate=4)['predictions']
    expected = [*localize.video(video, rate=4)]
    assert [window.time for window in result.windows] == [n / 4 for n in range(8)]
    assert [w.to_dict() for w in result.windows] == [w.to_dict() for w in expected]
    assert result.time == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize('options', [{'whole_videos': False}, {'return_datasamples': True}])
def test_a_frame_alone_is_looked_at_on_demand(tmp_path, localize, media, monkeypatch, options):
    video = write_video(tmp_path / 'x.mp4', media)
    monkeypatch.setattr(type(localize), 'video', pytest.fail)
    assert len(localize([video], **options)['predictions']) == 1
    (result,) = localize({'video': video, 'time': 0.5})['predictions']
    assert (result.time, result.windows) == (0.5, [])


def test_a_call_with_a_folder_writes_what_save_writes(tmp_path, localize, media):
    for name in ('b', 'a'):
        write_video(tmp_path / f'{name}.mp4', media)
    Image.fromarray(media.bright_corner()).save(tmp_path / 'c.png')
    inputs = [str(tmp_path / 'b.mp4'), (media.bright_corner(), media.tone(1), media.RATE)]
    out = localize([*inputs, str(tmp_path)], out_dir=tmp_path / 'one')
    index = localize.save(localize([*inputs, str(tmp_path)]), tmp_path / 'two')
    assert out['index'] == index == json.loads((tmp_path / 'one/results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['b', 'clip', 'a', 'b_2']
    assert [entry.get('windows') for entry in index['clips']] == [
        'b.windows.jsonl', None, 'a.windows.jsonl', 'b_2.windows.jsonl',
    ]  # fmt: skip
    assert [failure['name'] for failure in index['failures']] == [f'{tmp_path}/c.png']
    names = sorted(path.name for path in (tmp_path / 'one').iterdir())
    assert names == sorted(path.name for path in (tmp_path / 'two').iterdir())
    for name in (name for name in names if not name.endswith('.mp4')):
        assert (tmp_path / 'one' / name).read_bytes() == (tmp_path / 'two' / name).read_bytes()
    for name in (name for name in names if name.endswith('.mp4')):
        one, two = (media.read_video(tmp_path / folder / name) for folder in ('one', 'two'))
        assert one[0] == two[0]
    assert all(result.windows == [] for result in out['predictions'])  # they are in files


def test_a_video_that_breaks_on_its_way_keeps_its_result(tmp_path, localize, media, monkeypatch):
    videos = [write_video(tmp_path / f'{name}.mp4', media) for name in 'ab']
    windows = localize.video

    def breaks(path, **options):
        for number, window in enumerate(windows(path, **options)):
            if number == 2 and path.endswith('a.mp4'):
                raise RuntimeError('broken')
            yield window

    monkeypatch.setattr(localize, 'video', breaks)
    out = localize(videos)
    assert [len(result.windows) for result in out['predictions']] == [2, 4]
    assert out['failures'] == [Failure('a', 'RuntimeError: broken')]
    index = localize(videos, out_dir=tmp_path / 'out')['index']
    assert [(entry['name'], entry.get('video')) for entry in index['clips']] == [
        ('a', None), ('b', 'b.mp4'),
    ]  # fmt: skip
    assert not [*(tmp_path / 'out').glob('a.*4')]
    with pytest.raises(DataError, match='a: RuntimeError: broken'):
        localize(videos[0])


def test_every_option_of_a_call_is_checked_before_a_clip_is_read(tmp_path, localize, media):
    video = write_video(tmp_path / 'x.mp4', media)
    with pytest.raises(TypeError, match="'rte'"):
        localize([video], rte=1)
    for options in ({'rate': 0}, {'smoothing': -1}):
        with pytest.raises(ValueError, match='must be above 0, and smoothing='):
            localize([video], **options)


def test_results_of_a_call_are_one_table_and_one_list(localize, media):
    clip = (media.bright_corner(), media.tone(1), media.RATE)
    results = localize([clip, clip])['predictions']
    assert repr(results[1:]) == '[<Localization clip_2: loud 0.50, quiet 0.50>]'
    assert [entry['name'] for entry in json.loads(results.to_json())] == ['clip', 'clip_2']
    assert type(localize([clip], return_datasamples=True)['predictions']) is list
