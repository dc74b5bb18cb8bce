import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.apis import LocalizationInferencer
from mmavl.errors import ConfigError, DataError
from mmavl.registry import INFERENCERS


@pytest.fixture(scope='module')
def localize(media):
    config = {'type': 'LocalizationInferencer', 'model': media.toy_config(), 'device': 'cpu'}
    return INFERENCERS.build({**config, 'show_progress': False})


def bright_corner(size=(60, 40)):
    """White top left quarter on black."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[: size[1] // 2, : size[0] // 2] = 255
    return image


def check_corner(found, size=(60, 40), gain=0.5):
    assert found.size == size
    assert found.sounding == (['loud', 'quiet'] if gain >= 0.5 else ['quiet', 'loud'])
    assert found.heard['loud'] == pytest.approx(gain, abs=0.08)  # AAC
    assert found.heard['quiet'] == pytest.approx(1 - gain, abs=0.08)
    assert found.maps['loud'].shape == (8, 8)
    assert found.maps['loud'][:3, :3] == pytest.approx(1, abs=0.02)
    (box,) = found.boxes('loud')
    tolerance = size[0] / 16 + 1
    assert box.xyxy == pytest.approx((0, 0, size[0] / 2, size[1] / 2), abs=tolerance)


def test_every_kind_of_input_gives_the_same(tmp_path, localize, media):
    picture, wave = bright_corner(), media.tone(2, gain=0.55)
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


def test_the_sound_is_that_around_the_middle_frame(localize, media, tmp_path):
    wave = np.concatenate(
        [media.tone(3, gain=0.1), media.tone(2, gain=0.9), media.tone(3, gain=0)]
    )
    video = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(80), wave=wave)
    (found,) = localize(str(video))['predictions']
    assert found.time == pytest.approx(4.0, abs=0.06)
    assert found.window == pytest.approx((3.5, 4.5), abs=0.06)
    assert found.heard['loud'] == pytest.approx(0.9, abs=0.05)


def test_labels_and_threshold_choose_what_is_drawn_and_what_sounds(localize, media):
    clip = bright_corner(), media.tone(1, gain=0.2), media.RATE
    (found,) = localize(clip, threshold=0.5)['predictions']
    assert found.sounding == ['quiet']
    assert localize(clip, threshold=0.9)['predictions'][0].sounding == []
    with pytest.raises(ValueError, match="knows no 'Violin', but loud, quiet"):
        localize(clip, labels=['Violin'])


def test_saved_files_say_what_was_found(tmp_path, localize, media):
    clip = {
        'image': bright_corner(), 'audio': media.tone(1), 'sample_rate': media.RATE, 'name': 'a/b',
    }  # fmt: skip
    out = localize([clip, 'https://x.org/y.mp4'], return_vis=True)
    index = localize.save(out, tmp_path / 'out')
    assert index == json.loads((tmp_path / 'out/results.json').read_text())
    (entry,) = index['clips']
    assert entry['json'] == 'a_b.json'
    assert index['failures'] == [
        {
            'name': 'https://x.org/y.mp4',
            'message': 'https://x.org/y.mp4 is an address, not a file: download it first',
        }
    ]
    saved = json.loads((tmp_path / 'out/a_b.json').read_text())
    assert saved['format'] == 'mmavl.localization/1'
    assert saved['size'] == [60, 40]
    assert [tag['label'] for tag in saved['tags'] if tag['sounding']] == ['loud', 'quiet']
    loud = saved['maps'][0]
    assert (loud['label'], loud['grid']) == ('loud', [8, 8])
    expected = out['predictions'][0].maps['loud']
    assert np.array(loud['values']) == pytest.approx(expected, abs=1e-5)
    assert loud['boxes'][0]['peak'] == 1.0
    with Image.open(tmp_path / 'out' / saved['picture']) as picture:
        assert np.array_equal(np.asarray(picture), out['visualization'][0])


def test_results_are_saved_as_they_come_even_if_a_later_clip_breaks_the_run(
    tmp_path, localize, media, monkeypatch
):
    image, wave = bright_corner(), media.tone(1)
    clips = [{'image': image, 'audio': wave, 'sample_rate': 8000, 'name': n} for n in 'abc']
    draw = localize.draw

    def fail(result, loaded):
        if result.name == 'c':
            raise KeyboardInterrupt
        return draw(result, loaded)

    monkeypatch.setattr(localize, 'draw', fail)
    with pytest.raises(KeyboardInterrupt):
        localize(clips, batch_size=1, out_dir=tmp_path)
    index = json.loads((tmp_path / 'results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['a', 'b']


def bad_files(folder, media):
    """Files that cannot be used, and what is said of each."""
    frames, wave = media.grey_frames(10), media.tone(1)
    media.write_clip(folder / 'silent.mp4', frames)
    media.write_clip(folder / 'blind.mp4', wave=wave)
    whole = media.write_clip(folder / 'cut.mp4', frames, wave=wave)
    whole.write_bytes(whole.read_bytes()[:300])
    (folder / 'text.mp4').write_text('no media at all\n' * 20)
    (folder / 'zero.mp4').touch()
    header = media.write_clip(folder / 'header.mp4', frames, wave=wave[:0])
    assert header.stat().st_size > 0
    soundfile.write(folder / 'nothing.wav', wave[:0], 8000)
    Image.fromarray(frames[0]).save(folder / 'nothing.png')
    (folder / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\n')
    soundfile.write(folder / 'broken.wav', wave, 8000)
    return {
        'silent': 'has no sound track',
        'blind': 'has no picture track',
        'cut': 'cannot be decoded',
        'text': 'cannot be decoded',
        'zero': 'is an empty file',
        'header': 'sound',
        'nothing': 'holds no sound',
        'broken': 'cannot be read as an image',
    }


def test_bad_files_are_listed_with_a_line_each_and_the_good_one_is_saved(
    tmp_path, localize, media
):
    folder = tmp_path / 'in put ü'
    folder.mkdir()
    reasons = bad_files(folder, media)
    media.write_clip(folder / 'good.mp4', media.grey_frames(10), wave=media.tone(1))
    out = localize(folder, out_dir=tmp_path / 'out')
    assert [found.name for found in out['predictions']] == ['good']
    messages = {failure.name: failure.message for failure in out['failures']}
    for name, reason in reasons.items():
        message = messages.pop(name, None) or messages.pop(f'{folder}/{name}.mp4')
        assert reason in message
        assert '\n' not in message
        assert str(folder) in message
    assert messages == {}
    assert (tmp_path / 'out/good.png').stat().st_size > 1000


def test_a_single_bad_file_raises(tmp_path, localize, media):
    media.write_clip(tmp_path / 'x.mp4', media.grey_frames(2))
    with pytest.raises(DataError, match=r'x.mp4 has no sound track'):
        localize(str(tmp_path / 'x.mp4'))


def test_a_turned_video_is_seen_upright(tmp_path, localize, media):
    plain = media.write_clip(
        tmp_path / 'x.mp4', [bright_corner((64, 48))] * 10, wave=media.tone(1)
    )
    turned = media.turn(plain, tmp_path / 'turned.mp4')
    (found,) = localize(str(turned))['predictions']
    assert found.size == (48, 64)
    (box,) = found.boxes('loud')
    # top left on the sensor is top right once turned clockwise
    assert box.xyxy == pytest.approx((24, 0, 48, 32), abs=4)


@pytest.mark.parametrize('size', [(61, 41), (2, 2), (1, 1), (640, 6)])
def test_odd_sizes_are_handled(tmp_path, localize, media, size):
    frames = [np.full((size[1], size[0], 3), 90, np.uint8)] * 3
    video = media.write_clip(tmp_path / 'x.mkv', frames, wave=media.tone(1))
    out = localize(str(video), out_dir=tmp_path / 'out')
    assert out['predictions'][0].size == size
    assert (tmp_path / 'out/x.png').is_file()


def test_one_frame_with_a_longer_sound_is_a_picture_with_the_sound_around_it(
    tmp_path, localize, media
):
    video = media.write_clip(tmp_path / 'x.mp4', [bright_corner((64, 48))], wave=media.tone(3))
    (found,) = localize(str(video))['predictions']
    check_corner(found, (64, 48))


def test_a_file_without_a_length_in_its_header_is_read(tmp_path, localize, media):
    path = tmp_path / 'x.ts'  # a transport stream has none
    media.write_clip(path, media.grey_frames(20), wave=media.tone(2), container_format='mpegts')
    (found,) = localize(str(path))['predictions']
    assert found.time == pytest.approx(1.0, abs=0.1)
    assert found.heard['loud'] == pytest.approx(0.5, abs=0.05)


def test_another_kind_of_model_is_refused(media):
    config = media.toy_config()
    config['model'] = {'type': 'NMFMFCC'}
    with pytest.raises(ConfigError, match='builds a NMFMFCC, which is no localizer'):
        LocalizationInferencer(config, device='cpu')
