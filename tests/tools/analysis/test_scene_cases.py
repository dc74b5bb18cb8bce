import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.datasets.manifest import write_manifest
from mmavl.evaluation.real_clips import read_cases

TOOL = Path(__file__).parents[3] / 'tools/analysis/scene_cases.py'
GROUPS = {'strings': ['Violin', 'Harp'], 'keys': ['Piano']}
#: Scene -> class -> (box x, y, w, h; whether it sounds).
SCENES = {
    'a': {'Violin': ([0, 0, 0.5, 0.5], True), 'Piano': ([0.5, 0.5, 0.5, 0.5 + 1e-9], True)},
    'b': {'Harp': ([0.1, 0.1, 0.2, 0.2], True), 'Violin': ([0.5, 0.5, 0.2, 0.4], False)},
    'c': {'Violin': ([0.2, 0.2, 0.5, 0.5], True)},
}


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*args):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(TOOL), run_name='__main__')
        return capsys.readouterr().err if ended.value.code else ended.value.code

    return call


def write_scenes(folder, scenes, metainfo):
    entries = []
    for name, objects in scenes.items():
        Image.new('RGB', (32, 32)).save(folder / f'{name}.png')
        sounding = [label for label, (_, sounds) in objects.items() if sounds]
        for label in ('', *sounding):
            soundfile.write(folder / f'{name}{label}.wav', np.sin(np.arange(8000)) / 2, 8000)
        boxes = [
            {'bbox': box, 'label': label, 'sounding': sounds}
            for label, (box, sounds) in objects.items()
        ]
        entries.append(
            {
                'clip_id': name,
                'audio': f'{name}.wav',
                'frames': [f'{name}.png'],
                'fps': 1,
                'duration': 1.0,
                'tags': sounding,
                'boxes': {'0': boxes},
                'sources': {label: f'{name}{label}.wav' for label in sounding},
            }
        )
    meta = {'dataset': 'toy', 'split': 'val', 'classes': ['Violin', 'Harp', 'Piano'], **metainfo}
    write_manifest(folder / 'val.json', {'metainfo': meta, 'data_list': entries})
    return folder / 'val.json'


def brief(case):
    return case.file.name, case.audio.name, case.mark.label, [m.label for m in case.silent]


def test_each_object_of_a_picture_is_heard_alone(run, tmp_path, capsys):
    assert run(write_scenes(tmp_path, SCENES, {'groups': GROUPS}), tmp_path / 'out') == 0
    apart, related = (
        read_cases(tmp_path / f'out/{name}.json') for name in ('no_relative', 'relative')
    )
    assert [brief(case) for case in apart] == [
        ('a.png', 'aViolin.wav', 'Violin', ['Piano']),
        ('a.png', 'aPiano.wav', 'Piano', ['Violin']),
    ]
    assert [brief(case) for case in related] == [
        ('b.png', 'bHarp.wav', 'Harp', ['Violin']),
        ('b.png', 'cViolin.wav', 'Violin', ['Harp']),  # silent there: of the next scene
    ]
    assert '2 cases in' in capsys.readouterr().out


def test_boxes_are_edges_within_the_frame_and_files_exist(run, tmp_path):
    scenes = write_scenes(tmp_path, SCENES, {'groups': GROUPS})
    (tmp_path / 'far').mkdir()
    (tmp_path / 'near').symlink_to(tmp_path / 'far')
    run(scenes, tmp_path / 'near/out')
    _, case = read_cases(tmp_path / 'near/out/no_relative.json')
    assert case.mark.box == (0.5, 0.5, 1.0, 1.0)
    assert (case.mark.class_name, case.sources) == ('Piano', 1)
    assert case.file.is_file()
    assert case.audio.is_file()


def test_without_families_nothing_is_a_relative(run, tmp_path):
    run(write_scenes(tmp_path, SCENES, {}), tmp_path / 'out')
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['no_relative.json']
    assert len(read_cases(tmp_path / 'out/no_relative.json')) == 4


def test_what_sounds_nowhere_has_no_case_and_is_silent_in_others(run, tmp_path):
    scenes = {name: SCENES[name] for name in 'ab'}
    scenes['a'] = {**scenes['a'], 'Piano': ([0.5, 0.5, 0.5, 0.5], False)}
    run(write_scenes(tmp_path, scenes, {}), tmp_path / 'out')
    cases = read_cases(tmp_path / 'out/no_relative.json')
    assert [brief(case)[1:] for case in cases] == [
        ('aViolin.wav', 'Violin', ['Piano']),
        ('bHarp.wav', 'Harp', ['Violin']),
        ('aViolin.wav', 'Violin', ['Harp']),  # after the last scene comes the first one
    ]


def test_scenes_of_single_objects_are_refused_and_nothing_is_written(run, tmp_path):
    scenes = write_scenes(tmp_path, {'c': SCENES['c']}, {})
    assert 'val.json has no scenes with sources and boxes of two objects' in run(
        scenes, tmp_path / 'out'
    )
    assert not (tmp_path / 'out').exists()
