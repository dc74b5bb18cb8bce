import json
import os
import socket

import cv2
import numpy as np
import pytest
import soundfile

from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.errors import DataError
from mmavl.scenes import scene
from mmavl.scenes.build import build_splits
from mmavl.scenes.instruments.classes import CLASSES
from mmavl.scenes.instruments.spec import InstrumentSpec
from mmavl.utils import locks
from mmavl.utils.locks import Lock


def spec(split='test', size=10, seed=0, versions=None):
    return InstrumentSpec(split, size, seed, versions or {'toy': '1'})


def build(out, load, *specs):
    done = build_splits(out, list(specs or (spec(),)), load)
    return {done_spec.split: counts for done_spec, counts in done}


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file()
    }


@pytest.fixture(scope='module')
def built(small_banks, tmp_path_factory):
    out = tmp_path_factory.mktemp('scenes')
    for _, counts in build_splits(out, [spec()], small_banks):
        assert counts == {'level 1': 5, 'level 2': 3, 'level 3': 2, 'silent': 6, 'same family': 3}
    return out


def test_the_manifest_passes_its_checks_and_describes_the_files(built):
    manifest = read_manifest(built / 'test.json')
    assert check_manifest(manifest, built) == {}
    assert manifest['metainfo']['classes'] == list(CLASSES)
    assert list(manifest['metainfo']['groups']) == ['strings', 'wind', 'keys_percussion']
    assert len(manifest['data_list']) == 10
    for entry in manifest['data_list']:
        assert cv2.imread(str(built / entry['frames'][0])).shape == (256, 256, 3)
        assert soundfile.info(built / entry['audio']).subtype == 'PCM_16'
        assert list(entry['sources']) == entry['tags']
        shown = {box['label']: box['sounding'] for box in entry['boxes']['0']}
        assert [label for label, sounding in shown.items() if sounding] == entry['tags']
        assert len(shown) == len(entry['boxes']['0'])  # each class at most once


def test_the_mixture_on_disk_is_the_sum_of_the_sources_on_disk(built):
    for entry in read_manifest(built / 'test.json')['data_list']:
        mixture, rate = soundfile.read(built / entry['audio'], dtype='int16')
        sources = [
            soundfile.read(built / path, dtype='int16')[0].astype(int)
            for path in entry['sources'].values()
        ]
        assert (rate, len(mixture)) == (22050, 110250)
        assert np.array_equal(mixture, sum(sources))
        assert all(np.abs(wave).max() > 500 for wave in sources)


def test_scenes_do_not_depend_on_the_order_they_are_made_in(built, small_banks, tmp_path):
    casts = spec().casts()
    (tmp_path / 'test').mkdir()
    for index in reversed(range(10)):
        scene.write_scene(tmp_path, spec(), index, casts[index], small_banks('test'))
    made = contents(tmp_path)
    assert made == {name: raw for name, raw in contents(built).items() if name in made}


def test_another_seed_gives_another_split(built, small_banks, tmp_path):
    build(tmp_path, small_banks, spec(seed=1))
    assert not (
        {raw for name, raw in contents(tmp_path).items() if name.endswith('.wav')}
        & {raw for name, raw in contents(built).items() if name.endswith('.wav')}
    )


@pytest.mark.parametrize('error', [KeyboardInterrupt, OSError(28, 'No space left on device')])
def test_a_build_that_was_stopped_goes_on_to_the_same_bytes(
    built, small_banks, tmp_path, monkeypatch, error
):
    calls = []

    def fails(wave):
        calls.append(wave)
        if len(calls) == 9:
            raise error
        return encode(wave)

    encode = scene.wav_bytes
    monkeypatch.setattr(scene, 'wav_bytes', fails)
    with pytest.raises(error if isinstance(error, type) else OSError):
        build(tmp_path, small_banks)
    assert not (tmp_path / 'test.json').exists()
    begun = contents(tmp_path)
    monkeypatch.undo()
    build(tmp_path, small_banks)
    assert contents(tmp_path) == contents(built)
    assert 2 < len(begun) < len(contents(built))
    assert all(contents(built)[name] == raw for name, raw in begun.items())


def test_a_disk_that_fills_up_inside_a_scene_leaves_no_half_of_it(
    small_banks, tmp_path, monkeypatch
):
    def full(path, content):
        if path.name == 'scene.json':
            raise OSError(28, 'No space left on device', str(path))
        return write(path, content)

    write = type(tmp_path).write_bytes
    monkeypatch.setattr(type(tmp_path), 'write_bytes', full)
    with pytest.raises(OSError, match='No space left on device'):
        build(tmp_path, small_banks)
    assert [path.name for path in (tmp_path / 'test').iterdir()] == ['build.json']


def test_a_killed_workers_draft_is_swept_and_its_scene_made(built, small_banks, tmp_path):
    draft = tmp_path / 'test' / '.test_00003.tmp'
    draft.mkdir(parents=True)
    (draft / '0000.jpg').write_bytes(b'half')
    build(tmp_path, small_banks)
    assert contents(tmp_path) == contents(built)


def test_a_second_build_of_one_folder_waits_and_leaves_the_firsts_drafts_alone(
    built, small_banks, tmp_path, monkeypatch, capsys
):
    draft = tmp_path / 'test' / '.test_00003.1.tmp'
    draft.mkdir(parents=True)
    first = Lock(tmp_path / 'build.lock')
    assert first.take()

    def end_first(seconds):
        draft.rmdir()  # still there
        first.free()

    monkeypatch.setattr(locks.time, 'sleep', end_first)
    build(tmp_path, small_banks)
    said = capsys.readouterr().out
    assert said == f'{_me()} is building scenes in {tmp_path}: waiting for it\n'
    assert contents(tmp_path) == contents(built)


def _me():
    return f'process {os.getpid()} on {socket.gethostname()}'


def test_a_scene_that_another_process_made_meanwhile_stays(built, small_banks, tmp_path):
    casts = spec().casts()
    (tmp_path / 'test').mkdir()
    for _ in range(2):
        scene.write_scene(tmp_path, spec(), 0, casts[0], small_banks('test'))
    made = contents(tmp_path)
    assert made == {name: raw for name, raw in contents(built).items() if name in made}
    assert [path.name for path in (tmp_path / 'test').glob('.*')] == []


def test_a_whole_split_is_left_alone(built, small_banks):
    before = (built / 'test.json').stat().st_mtime_ns
    ((_, counts),) = build_splits(built, [spec()], small_banks)
    assert (built / 'test.json').stat().st_mtime_ns == before
    assert counts['silent'] == 6


@pytest.mark.parametrize(
    ('other', 'named'),
    [
        (spec(seed=1), 'seed 0, not 1'),
        (spec(size=11), 'size 10, not 11'),
        (spec(versions={'toy': '2'}), "versions {'toy': '1'}, not {'toy': '2'}"),
    ],
)
def test_a_folder_of_another_build_is_refused_with_the_way_out(built, small_banks, other, named):
    with pytest.raises(DataError) as raised:
        build(built, small_banks, other)
    assert named in str(raised.value)
    assert 'delete the folder or choose another --out' in str(raised.value)


def test_train_and_test_scenes_of_one_seed_differ(small_banks, tmp_path):
    counts = build(tmp_path, small_banks, spec('train', 4), spec('test', 4))
    assert [sum(c[f'level {n}'] for n in (1, 2, 3)) for c in counts.values()] == [4, 4]
    waves = [json.loads((tmp_path / f'{s}.json').read_text()) for s in ('train', 'test')]
    assert waves[0]['data_list'][0]['boxes'] != waves[1]['data_list'][0]['boxes']
