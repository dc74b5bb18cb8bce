import json
import runpy
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.datasets.manifest import write_manifest

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/scene_videos.py'


@pytest.fixture
def run(monkeypatch):
    def call(*args):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(TOOL), run_name='__main__')
        return ended.value.code

    return call


@pytest.fixture
def scenes(tmp_path):
    entries = []
    for index, tags in enumerate((['Drum'], ['Drum', 'Harp'], ['Harp'], ['Drum'])):
        sound = np.sin(np.arange(32000) * 2 * np.pi * 440 / 16000) / 2
        soundfile.write(tmp_path / f'{index}.wav', sound, 16000)
        Image.new('RGB', (65, 48), (50 * index, 100, 150)).save(tmp_path / f'{index}.png')
        entries.append(
            {
                'clip_id': f's{index}',
                'audio': f'{index}.wav',
                'frames': [f'{index}.png'],
                'fps': 1,
                'duration': 2.0,
                'tags': tags,
            }
        )
    metainfo = {'dataset': 'toy', 'split': 'train', 'classes': ['Drum', 'Harp']}
    path = tmp_path / 'train.json'
    write_manifest(path, {'metainfo': metainfo, 'data_list': entries})
    return path


def test_each_class_has_its_folder_of_videos_with_the_scenes_picture_and_sound(
    run, scenes, tmp_path
):
    out = tmp_path / 'videos'
    assert run(scenes, out, '--classes', 'Drum', '--count', 2) == 0
    assert sorted(p.name for p in out.rglob('*.mp4')) == ['s0.mp4', 's3.mp4']
    with av.open(str(out / 'Drum/s3.mp4')) as video:
        picture = next(video.decode(video=0)).to_ndarray(format='rgb24')
        assert video.duration / av.time_base == pytest.approx(2, abs=0.2)
    assert picture.shape == (48, 64, 3)  # H.264 has even sides
    np.testing.assert_allclose(picture.mean((0, 1)), [150, 100, 150], atol=4)
    with av.open(str(out / 'Drum/s3.mp4')) as video:
        sound = np.concatenate([f.to_ndarray()[0] for f in video.decode(audio=0)])
    peak = np.abs(np.fft.rfft(sound[8000:24000])).argmax()
    assert peak == pytest.approx(440, abs=2)


def test_a_scene_that_cannot_be_read_is_named_and_the_others_are_written(
    run, scenes, tmp_path, capsys
):
    (tmp_path / '0.png').write_bytes(b'no picture')
    out = tmp_path / 'videos'
    assert run(scenes, out, '--classes', 'Drum', '--count', 2) == 1
    assert [path.name for path in out.rglob('*.mp4')] == ['s3.mp4']
    said = capsys.readouterr()
    assert "clip 's0': " in said.err
    assert '1 videos in' in said.out


@pytest.mark.parametrize('clip_id', ['../../escape', '/tmp/escape', 'a/b', 'a\nb'])
def test_ids_become_names_inside_of_the_folder(run, scenes, tmp_path, clip_id):
    manifest = json.loads(scenes.read_text())
    manifest['data_list'][0]['clip_id'] = clip_id
    scenes.write_text(json.dumps(manifest))
    out = tmp_path / 'a/b/c/videos'
    assert run(scenes, out, '--classes', 'Drum', '--count', 2) == 0
    assert len(list(out.glob('Drum/*.mp4'))) == len(list(tmp_path.rglob('*.mp4'))) == 2


def test_what_is_there_already_is_kept_and_the_rest_is_written(run, scenes, tmp_path):
    kept = tmp_path / 'videos/Drum/s0.mp4'
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b'mine')
    run(scenes, tmp_path / 'videos', '--classes', 'Drum', '--count', 2)
    assert kept.read_bytes() == b'mine'
    assert (kept.parent / 's3.mp4').is_file()


def test_too_few_scenes_of_a_class_are_an_error_and_nothing_is_written(
    run, scenes, tmp_path, capsys
):
    assert run(scenes, tmp_path / 'videos', '--classes', 'Drum', 'Harp', '--count', 2) == 1
    assert "1 clips have the only tag 'Harp', but --count is 2" in capsys.readouterr().err
    assert not (tmp_path / 'videos').exists()
