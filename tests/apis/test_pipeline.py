import numpy as np
import pytest
import soundfile
from mmengine import Config
from PIL import Image

from mmavl.apis.clips import Clip
from mmavl.apis.pipeline import ClipPipeline
from mmavl.errors import ConfigError, DataError
from mmavl.media.media_file import MediaFile

IMAGE = np.zeros((6, 8, 3), np.uint8)
RAMP = np.arange(32_000, dtype=np.float32) / 32_000  # of 4 s at 8000 Hz


@pytest.fixture(scope='module')
def pipeline(media):
    """Windows of 1 s at 8000 Hz."""
    return ClipPipeline(Config(media.toy_config(seconds=1.0)), num_classes=2)


def config_of(*steps):
    pipeline = [{'type': 'LoadFrame'}, *steps, {'type': 'PackAVInputs'}]
    return Config({'test_dataloader': {'dataset': {'pipeline': pipeline}}})


def same(wave, expected, tolerance=1e-4):
    np.testing.assert_allclose(wave, expected, rtol=0, atol=tolerance)


def grey(image):
    """The number of one of media.grey_frames."""
    return round(image.mean() / 10)


@pytest.mark.parametrize(
    ('load', 'crop', 'expected'),
    [
        ({'sample_rate': 8000, 'seconds': 3.0}, {'seconds': 2.0}, (8000, 2.0)),
        ({'sample_rate': 8000, 'seconds': 3.0}, None, (8000, 3.0)),
        ({'sample_rate': 8000}, {'seconds': 2.0}, (8000, 2.0)),
        ({}, None, (22050, 10.0)),
    ],
)
def test_sample_rate_and_window_are_those_of_the_config(load, crop, expected):
    crop = [] if crop is None else [{'type': 'CropPadAudio', **crop}]
    cfg = config_of({'type': 'LoadAudio', **load}, *crop)
    found = ClipPipeline(cfg, 2)
    assert (found.sample_rate, found.seconds) == expected
    wrapped = {'type': 'Wrapper', 'dataset': cfg.test_dataloader.dataset}
    found = ClipPipeline(Config({'test_dataloader': {'dataset': wrapped}}), 2)
    assert (found.sample_rate, found.seconds) == expected


def test_a_transform_that_stands_twice_is_applied_twice():
    sides = [{'type': 'Resize', 'size': (side, side)} for side in (16, 32)]
    found = ClipPipeline(config_of({'type': 'LoadAudio'}, *sides), 2)
    assert [type(t).__name__ for t in found.transforms] == ['Resize', 'Resize', 'PackAVInputs']


@pytest.mark.parametrize('cfg', [Config({}), config_of()])
def test_a_config_that_does_not_say_how_sound_is_loaded_is_refused(cfg):
    with pytest.raises(ConfigError, match='the config has no LoadAudio in the pipeline of its'):
        ClipPipeline(cfg, 2)


@pytest.mark.parametrize('source', ['array', 'wav'])
@pytest.mark.parametrize(
    ('samples', 'window'), [(32_000, (1.5, 2.5)), (8001, (0, 1)), (4000, (0, 0.5))]
)
def test_a_pictures_sound_is_that_in_the_middle(pipeline, tmp_path, source, samples, window):
    wave = RAMP[:samples]
    clip = Clip('x', IMAGE, wave, 8000)
    if source == 'wav':
        soundfile.write(tmp_path / 'x.wav', wave, 8000, subtype='FLOAT')
        clip = Clip('x', IMAGE, str(tmp_path / 'x.wav'))
    loaded = pipeline.load(clip)
    assert loaded['window'] == pytest.approx(window, abs=1e-4)
    first, last = (round(second * 8000) for second in window)
    same(loaded['waveform'], wave[first:last])
    assert 'time' not in loaded
    assert loaded['ori_shape'] == (6, 8)


def test_a_waveform_of_another_rate_is_resampled(pipeline, media):
    wave = media.tone(3, rate=16_000).astype(np.float32)
    loaded = pipeline.load(Clip('x', IMAGE, wave, 16_000))
    assert loaded['sample_rate'] == 8000
    assert loaded['window'] == (1.0, 2.0)
    same(loaded['waveform'], media.tone(3)[8000:16_000], 1e-3)


def test_a_picture_file_is_read_as_rgb(pipeline, tmp_path):
    Image.new('RGB', (8, 6), (10, 20, 30)).save(tmp_path / 'x.PNG')
    loaded = pipeline.load(Clip('x', str(tmp_path / 'x.PNG'), RAMP, 8000))
    assert loaded['image'].shape == (6, 8, 3)
    assert loaded['image'][3, 4].tolist() == [10, 20, 30]


def test_a_videos_window_is_its_middle_frame_and_the_sound_around(pipeline, media, tmp_path):
    path = media.write_clip(
        tmp_path / 'x.mov', media.grey_frames(20), wave=RAMP[:20_000], sound_codec='pcm_f32le'
    )
    loaded = pipeline.load(Clip('x', str(path), str(path)))
    # the sound is longer than the picture, which has its middle at 1 s
    assert loaded['time'] == pytest.approx(1.0, abs=1e-3)
    assert grey(loaded['image']) == 10
    assert loaded['window'] == pytest.approx((0.5, 1.5), abs=1e-3)
    first = round(loaded['window'][0] * 8000)
    same(loaded['waveform'], RAMP[first : first + 8000])


def test_a_frame_may_be_asked_for_by_its_time(pipeline, media, tmp_path):
    path = media.write_clip(
        tmp_path / 'x.mov', media.grey_frames(20), wave=RAMP[:20_000], sound_codec='pcm_f32le'
    )
    loaded = pipeline.load(Clip('x', str(path), str(path), time=1.5))
    assert (loaded['time'], grey(loaded['image'])) == (1.5, 15)
    assert loaded['window'] == pytest.approx((1.0, 2.0), abs=1e-3)
    with pytest.raises(DataError, match=r'x\.mov lasts 2\.00 s and has no frame at 3 s'):
        pipeline.load(Clip('x', str(path), str(path), time=3.0))


@pytest.mark.parametrize(
    ('frames', 'samples', 'window'),
    [(20, 32_000, (0.5, 1.5)), (4, 32_000, (0, 1)), (20, 9600, (0.2, 1.2)), (20, 4000, (0, 0.5))],
)
@pytest.mark.parametrize('source', ['array', 'wav'])
def test_sound_beside_a_video_is_that_around_its_frame_and_inside_of_the_sound(
    pipeline, media, tmp_path, source, frames, samples, window
):
    path = str(media.write_clip(tmp_path / 'x.mkv', media.grey_frames(frames)))
    wave = RAMP[:samples]
    clip = Clip('x', path, wave, 8000)
    if source == 'wav':
        soundfile.write(tmp_path / 'x.wav', wave, 8000, subtype='FLOAT')
        clip = Clip('x', path, str(tmp_path / 'x.wav'))
    loaded = pipeline.load(clip)
    assert loaded['window'] == pytest.approx(window, abs=1e-3)
    first = round(loaded['window'][0] * 8000)
    same(loaded['waveform'], wave[first : first + 8000])


def test_the_whole_sound_is_given_at_its_own_rate_and_at_the_models(pipeline, media, tmp_path):
    wave = media.tone(3, rate=16_000).astype(np.float32)
    soundfile.write(tmp_path / 'x.wav', wave, 16_000, subtype='FLOAT')
    path = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(5), wave=wave, rate=16_000, sound_codec='pcm_f32le'
    )
    for image, audio, rate in (
        (IMAGE, wave, 16_000),
        (IMAGE, str(tmp_path / 'x.wav'), None),
        (str(path), str(path), None),
        (str(path), str(tmp_path / 'x.wav'), None),
    ):
        loaded = pipeline.load(Clip('x', image, audio, rate), whole=True)
        original, rate = loaded['original']
        assert rate == 16_000
        same(original, wave)
        assert loaded['waveform'].shape == (24_000,)
        same(loaded['waveform'][200:-200], media.tone(3)[200:-200], 1e-3)  # but for the ends
        assert loaded['window'] == (0.0, 3.0)
        assert loaded['sample_rate'] == 8000


def test_media_that_are_not_there_are_named(pipeline, tmp_path):
    for image, audio in ((IMAGE, f'{tmp_path}/a.wav'), (f'{tmp_path}/a.png', RAMP)):
        with pytest.raises(DataError, match=r'a\.(wav|png) does not exist'):
            pipeline.load(Clip('x', image, audio, 8000))


def test_packed_are_the_classes_asked_for_and_the_window_and_loaded_stays(pipeline):
    loaded = pipeline.load(Clip('x', IMAGE, RAMP[:4000], 8000))
    packed = pipeline.pack(loaded, asked=[1])
    sample = packed['data_samples']
    assert sample.gt_tags.tolist() == [0, 1]
    assert sample.window == (0.0, 0.5)
    assert (sample.clip_id, sample.ori_shape) == ('x', (6, 8))
    assert packed['inputs']['waveform'].shape == (8000,)  # filled up with silence
    assert packed['inputs']['waveform'][4000:].abs().max() == 0
    assert packed['inputs']['image'].shape == (3, 64, 64)
    assert loaded['waveform'].shape == (4000,)
    assert loaded['image'].shape == (6, 8, 3)
    assert 'tags' not in loaded
    assert pipeline.pack(loaded)['data_samples'].gt_tags.tolist() == [0, 0]


def test_an_image_becomes_the_models_input(pipeline):
    image = np.zeros((6, 8, 3), np.uint8)
    image[:, 4:] = 10, 20, 30
    found = pipeline.image_input(Clip('x', image, RAMP, 8000), image)
    assert found.shape == (3, 64, 64)
    assert found[:, 10, 60].tolist() == [10, 20, 30]
    assert found[:, 10, 4].tolist() == [0, 0, 0]


def test_pictures_at_times_behind_the_videos_end_are_the_last_one_given(pipeline, clip):
    found = [grey(image) for image in pipeline.pictures(clip, [0.05, 0.95, 1.75, 5.0, 6.0])]
    assert found == [0, 9, 17, 17, 17]


def test_windows_are_frames_at_a_rate_with_the_sound_around_each(pipeline, media, tmp_path):
    path = media.write_clip(
        tmp_path / 'x.mkv', media.grey_frames(20), wave=RAMP[:16_000], sound_codec='pcm_f32le'
    )
    with MediaFile(str(path)) as file:
        found = [*pipeline.windows(file, rate=4)]
    times = [number / 4 for number in range(8)]
    assert [loaded['time'] for loaded in found] == times
    assert [grey(loaded['image']) for loaded in found] == [int(10 * time) for time in times]
    for loaded in found:
        first = min(max(loaded['time'] - 0.5, 0.0), 1.0)
        assert loaded['window'] == pytest.approx((first, first + 1), abs=1e-3)
        begin = round(loaded['window'][0] * 8000)
        same(loaded['waveform'], RAMP[begin : begin + 8000])
        assert loaded['clip_id'] == str(path)


def test_a_turned_videos_frame_is_upright(pipeline, media, tmp_path):
    frames = [media.bright_corner((64, 48))] * 10
    plain = media.write_clip(tmp_path / 'x.mp4', frames, wave=media.tone(1))
    turned = str(media.turn(plain, tmp_path / 'turned.mp4'))
    image = pipeline.load(Clip('x', turned, turned))['image']
    assert image.shape == (64, 48, 3)
    # top left on the sensor is top right once turned clockwise
    assert image[4:28, 28:44].mean() > 250
    assert image[36:].mean() < 5
    assert image[:, :20].mean() < 5


def test_of_one_frame_with_a_longer_sound_the_frame_is_found(pipeline, media, tmp_path):
    path = media.write_clip(tmp_path / 'x.mp4', media.grey_frames(9)[8:], wave=media.tone(3))
    loaded = pipeline.load(Clip('x', str(path), str(path)))
    assert grey(loaded['image']) == 8
    assert loaded['window'] == pytest.approx((0, 1), abs=1e-3)


def test_a_file_without_a_length_in_its_header_is_read_from_its_middle(pipeline, media, tmp_path):
    path = tmp_path / 'x.ts'  # a transport stream has none
    media.write_clip(path, media.grey_frames(20), wave=media.tone(2), container_format='mpegts')
    loaded = pipeline.load(Clip('x', str(path), str(path)))
    assert loaded['time'] == pytest.approx(1.0, abs=0.1)
    assert grey(loaded['image']) == int(10 * loaded['time'] + 1e-6)
    assert np.abs(loaded['waveform']).max() == pytest.approx(0.5, abs=0.05)
