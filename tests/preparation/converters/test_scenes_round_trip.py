"""Scenes of InstrumentScenes, exported in each dataset's media layout and converted back."""

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.datasets import AVDataset
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.preparation.converters.audioset import AudioSetInstrument
from mmavl.preparation.converters.flickr import SoundNetFlickr
from mmavl.preparation.converters.jobs import Place
from mmavl.preparation.converters.music import Music
from mmavl.scenes.instruments.classes import CLASSES

SCENES = Path(os.environ.get('MMAVL_SCENES', Path(__file__).parents[3] / 'data/instrument_scenes'))
PIPELINE = [{'type': 'LoadFrame'}, {'type': 'LoadAudio'}, {'type': 'PackAVInputs'}]

pytestmark = pytest.mark.skipif(
    not (SCENES / 'test.json').is_file(), reason=f'InstrumentScenes is not at {SCENES}'
)


@pytest.fixture(scope='module')
def scenes():
    return read_manifest(SCENES / 'test.json')['data_list'][:6]


def samples(root, name, **options):
    manifest = read_manifest(root / name)
    assert check_manifest(manifest, root) == {}
    data = AVDataset(name, str(root), pipeline=PIPELINE, test_mode=True, **options)
    return [item['data_samples'] for item in data]


def sounding(scene):
    return [box for box in scene['boxes']['0'] if box['sounding']]


def test_as_audioset_instrument(scenes, tmp_path):
    ids = [scene['clip_id'].ljust(11, 'x') for scene in scenes]
    annotations, tags = [], {}
    for index, (name, scene) in enumerate(zip(ids, scenes)):
        folder = tmp_path / 'media/test' / name
        folder.mkdir(parents=True)
        for second in range(5):
            shutil.copy(SCENES / scene['frames'][0], folder / f'{second:04d}.jpg')
        shutil.copy(SCENES / scene['audio'], folder.with_suffix('.wav'))
        tags[name] = np.array([float(label in scene['tags']) for label in CLASSES])
        for box in sounding(scene):
            label = CLASSES.index(box['label'])
            annotations.append(
                {'image_id': 10 * index + 2, 'category_id': label, 'bbox': box['bbox']}
            )
    published = {
        'images': [{'id': 10 * index + 2} for index in range(len(ids))],
        'categories': [{'id': index, 'name': label} for index, label in enumerate(CLASSES)],
        'annotations': annotations,
    }
    (tmp_path / 'normav.json').write_text(json.dumps(published))
    (tmp_path / 'val_audio.pkl').write_bytes(pickle.dumps(tags))
    out = tmp_path / 'out'
    report = AudioSetInstrument(Place(out, tmp_path / 'media'), tmp_path).convert()
    assert {f.cause for f in report.findings} == {'short'}  # 5 s, asked are 10
    for sample, scene in zip(samples(out, 'test.json', frame='annotated'), scenes):
        assert sample.frame_index == 2
        assert sample.gt_instances.names == [box['label'] for box in sounding(scene)]
        heard = [label for label, tag in zip(CLASSES, sample.gt_tags) if tag]
        assert sorted(heard) == sorted(scene['tags'])


def test_as_soundnet_flickr(scenes, tmp_path):
    entries = {}
    for index, scene in enumerate(scenes):
        name = str(1000 + index)
        (tmp_path / 'Data/0').mkdir(parents=True, exist_ok=True)
        shutil.copy(SCENES / scene['frames'][0], tmp_path / f'Data/0/{name}.jpg')
        shutil.copy(SCENES / scene['audio'], tmp_path / f'Data/0/{name}.wav')
        x, y, w, h = np.array(sounding(scene)[0]['bbox']) * 255 + 1
        corners = np.array([[x, y, x + w, y + h]] * 3).astype(str)
        entries[index] = {'visual': f'./Data/0/{name}.jpg', 'anno': corners}
    (tmp_path / 'gtdata.pkl').write_bytes(pickle.dumps(entries))
    (tmp_path / 'gtest.txt').write_text('1000.png\n1001.png\n')
    out = tmp_path / 'out'
    report = SoundNetFlickr(
        Place(out, tmp_path / 'Data'),
        *(tmp_path / 'gtest.txt', tmp_path / 'gtdata.pkl'),
        sizes=(3,),
        val_pairs=1,
    ).convert()
    assert report.usable == {'test': 2, 'val': 1, 'train': 3, 'train_3': 3}
    for sample, scene in zip(samples(out, 'test.json', frame='first'), scenes):
        x, y, w, h = sounding(scene)[0]['bbox']
        shares = sample.gt_map.numpy().nonzero()
        assert shares[0].min() == pytest.approx(y * 256, abs=3)
        assert shares[1].max() == pytest.approx((x + w) * 256, abs=3)


def test_as_music(scenes, tmp_path):
    solo = {'piano': [], 'violin': []}
    for index, scene in enumerate(scenes):
        group = list(solo)[index % 2]
        name = scene['clip_id'].ljust(11, 'x')
        solo[group].append(name)
        folder = tmp_path / 'media/solo' / group / name
        folder.mkdir(parents=True)
        picture = Image.open(SCENES / scene['frames'][0])
        for frame in range(80):
            picture.save(folder / f'{frame:06d}.jpg')
        wave, rate = soundfile.read(SCENES / scene['audio'])
        soundfile.write(folder.with_suffix('.wav'), np.tile(wave, 2), rate)
    (tmp_path / 'solo.json').write_text(json.dumps({'videos': solo}))
    out = tmp_path / 'out'
    Music(Place(out, tmp_path / 'media'), tmp_path / 'solo.json').convert()
    (first, second) = samples(out, 'val.json')
    assert (first.gt_tags.tolist(), second.gt_tags.tolist()) == ([1, 0], [0, 1])
    assert first.frame_index == 40
    assert soundfile.info(out / f'solo/piano/{solo["piano"][0]}.wav').samplerate == 11025
