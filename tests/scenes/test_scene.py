import io
import json

import cv2
import numpy as np
import pytest
import soundfile

from mmavl.scenes.instruments.spec import InstrumentSpec
from mmavl.scenes.plan import Cast
from mmavl.scenes.scene import jpeg_bytes, wav_bytes, write_scene
from mmavl.scenes.waves import SAMPLE_RATE


def spec(**changes):
    return InstrumentSpec(**{'split': 'val', 'size': 20, 'seed': 0, 'versions': {}, **changes})


def test_a_stream_depends_on_seed_split_and_path_and_on_nothing_else():
    def draw(*path, **changes):
        return spec(**changes).stream(*path).integers(2**40)

    first = draw(1, 7)
    assert first == draw(1, 7) == draw(1, 7, size=99, versions={'a': '2'})
    others = [draw(1, 8), draw(0, 7), draw(1), draw(1, 7, seed=1), draw(1, 7, split='train')]
    assert len({first, *others}) == 6


@pytest.mark.parametrize(
    ('split', 'counts'),
    [('train', [215, 151, 65]), ('test', [200, 150, 80]), ('test_shift', [200, 150, 80])],
)
def test_a_test_split_has_more_scenes_of_many_sounds_than_training(split, counts):
    levels = [len(cast.sounding) for cast in spec(split=split, size=sum(counts)).casts()]
    assert [levels.count(level) for level in (1, 2, 3)] == counts


def test_clip_ids_sort_as_the_scenes_do():
    assert spec().clip_id(7) == 'val_00007'
    assert sorted(spec().clip_id(i) for i in (10, 9, 100)) == [
        'val_00009', 'val_00010', 'val_00100',
    ]  # fmt: skip


@pytest.fixture(scope='module')
def written(small_banks, tmp_path_factory):
    out = tmp_path_factory.mktemp('scene')
    (out / 'val').mkdir()
    cast = Cast(('Violin', 'Flute'), 'Cello')
    write_scene(out, spec(), 3, cast, small_banks('val'))
    return out


def test_an_entry_says_what_is_seen_heard_and_what_it_is_made_of(written):
    entry = json.loads((written / 'val/val_00003/scene.json').read_text())
    assert (entry['clip_id'], entry['tags']) == ('val_00003', ['Violin', 'Flute'])
    assert entry['audio'] == 'val/val_00003.wav'
    assert entry['frames'] == ['val/val_00003/0000.jpg']
    assert entry['sources'] == {n: f'val/val_00003/{n}.wav' for n in ('Violin', 'Flute')}
    flags = {box['label']: box['sounding'] for box in entry['boxes']['0']}
    assert flags == {'Violin': True, 'Flute': True, 'Cello': False}
    made_of = entry['made_of']
    assert all(made_of['pictures'][label] in (f'{label}0', f'{label}1') for label in flags)
    assert made_of['background'] in ('grey90', 'grey160')
    assert made_of['sounds'] == {'Violin': 'tone', 'Flute': 'tone'}


def test_the_boxes_lie_where_the_cut_outs_were_put(written):
    entry = json.loads((written / 'val/val_00003/scene.json').read_text())
    frame = cv2.imread(str(written / entry['frames'][0])).astype(int)
    coloured = frame[..., 2] - frame[..., 1] > 40  # reddish discs on grey
    inside = np.zeros(coloured.shape, bool)
    for box in entry['boxes']['0']:
        x, y, w, h = (round(256 * value) for value in box['bbox'])
        inside[max(y - 2, 0) : y + h + 2, max(x - 2, 0) : x + w + 2] = True
        assert coloured[y + h // 2, x + w // 2], box['label']
    assert not (coloured & ~inside).any()


def test_nothing_hidden_is_left_beside_a_scene(written):
    assert sorted(path.name for path in (written / 'val').iterdir()) == [
        'val_00003', 'val_00003.wav',
    ]  # fmt: skip
    assert sorted(path.name for path in (written / 'val/val_00003').iterdir()) == [
        '0000.jpg', 'Flute.wav', 'Violin.wav', 'scene.json',
    ]  # fmt: skip


def test_sounds_are_encoded_without_loss():
    wave = np.array([0, 1, -1, 32767, -32768], np.int16)
    read, rate = soundfile.read(io.BytesIO(wav_bytes(wave)), dtype='int16')
    assert rate == SAMPLE_RATE
    assert read.tolist() == wave.tolist()


def test_frames_are_encoded_with_blue_first_and_little_loss():
    frame = np.zeros((32, 32, 3), np.uint8)
    frame[..., 0] = 200
    frame[16:, :, 2] = 100
    read = cv2.imdecode(np.frombuffer(jpeg_bytes(frame), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(read.astype(int) - frame)[[4, 28]].max() <= 6
