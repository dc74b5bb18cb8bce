"""tools/dataset_converters/compose_scenes.py, from folders to manifests."""

import json

import cv2
import numpy as np
import pytest
import soundfile

from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.scenes import build as build_module

from .making import COLOURS, FAMILIES, FREQUENCIES, grey, run, tone, write_picture, write_sound

SPLITS = ('train', 'val', 'test')


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file() and path.suffix in ('.wav', '.jpg', '.json')
    }


def entries_of(out, split):
    return read_manifest(out / f'{split}.json')['data_list']


def test_the_manifests_pass_their_checks_and_name_classes_and_families(built):
    for split, size in zip(SPLITS, (8, 3, 3)):
        manifest = read_manifest(built / f'{split}.json')
        assert check_manifest(manifest, built) == {}
        assert len(manifest['data_list']) == size
        assert manifest['metainfo']['classes'] == ['bell', 'cat', 'dog']
        assert manifest['metainfo']['groups'] == {'pets': ['cat', 'dog'], 'bell': ['bell']}
    assert (built / 'materials.png').is_file()
    assert (built / 'scenes.png').is_file()
    assert not (built / 'report.json').exists()


def coloured(frame, colour):
    """Where a frame has about the hue of a colour, whatever its brightness."""
    hues = [cv2.cvtColor(x, cv2.COLOR_BGR2HSV) for x in (frame, np.uint8([[colour]]))]
    apart = np.abs(hues[0][..., 0].astype(int) - int(hues[1][0, 0, 0]))
    return (np.minimum(apart, 180 - apart) < 14) & (hues[0][..., 1] > 110)


def test_boxes_lie_where_the_objects_are(material, tmp_path, monkeypatch):
    for number in range(3):
        write_picture(material / f'backgrounds/{number}.png', grey(128 + number))
    folders = ('pictures', 'sounds', 'backgrounds')
    assert run(monkeypatch, material, tmp_path / 'out', folders=folders) is None
    for entry in entries_of(tmp_path / 'out', 'train'):
        frame = cv2.imread(str(tmp_path / 'out' / entry['frames'][0]))
        for box in entry['boxes']['0']:
            mask = coloured(frame, COLOURS[box['label']])
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            seen = np.array([columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1])
            assert np.abs(seen - 256 * np.array(box['bbox'])).max() <= 4, entry['clip_id']


def test_silent_classes_have_no_sound_and_sounding_ones_have(built):
    silent = 0
    for split in SPLITS:
        for entry in entries_of(built, split):
            wave, rate = soundfile.read(built / entry['audio'])
            power = np.abs(np.fft.rfft(wave)) ** 2
            frequencies = np.fft.rfftfreq(len(wave), 1 / rate)
            for box in entry['boxes']['0']:
                near = np.abs(frequencies / FREQUENCIES[box['label']] - 1) < 0.05
                share = power[near].sum() / power.sum()
                assert (share > 0.05) if box['sounding'] else (share < 1e-3)
                silent += not box['sounding']
            assert set(entry['sources']) == {
                box['label'] for box in entry['boxes']['0'] if box['sounding']
            }
    assert silent >= 6


def test_no_picture_and_no_recording_is_in_two_splits(built):
    used = {'pictures': {}, 'sounds': {}, 'background': {}}
    for split in SPLITS:
        for entry in entries_of(built, split):
            made_of = entry['made_of']
            for kind in ('pictures', 'sounds'):
                for names in made_of[kind].values():
                    used[kind].setdefault(split, set()).update(names.split(', '))
            used['background'].setdefault(split, set()).add(made_of['background'])
    for splits in used.values():
        assert sum(map(len, splits.values())) == len(set.union(*splits.values()))
        assert len(splits) == 3


def test_a_second_run_changes_nothing_and_another_seed_is_refused(built, material, monkeypatch):
    before = contents(built)
    assert run(monkeypatch, material, built, *FAMILIES) is None
    assert contents(built) == before
    problem = run(monkeypatch, material, built, *FAMILIES, '--seed', '1')
    assert 'seed 0, not 1: delete the folder or choose another --out' in problem


def test_an_interrupted_build_goes_on_to_the_same_bytes(built, material, tmp_path, monkeypatch):
    written = []

    def interrupted(*args):
        if len(written) == 5:
            raise KeyboardInterrupt
        written.append(write(*args))

    write = build_module.write_scene
    monkeypatch.setattr(build_module, 'write_scene', interrupted)
    (tmp_path / 'second').mkdir()
    out = tmp_path / 'second/out'  # its name is the data set's
    assert run(monkeypatch, material, out, *FAMILIES) == 130
    assert not (out / 'train.json').exists()
    monkeypatch.setattr(build_module, 'write_scene', write)
    assert run(monkeypatch, material, out, *FAMILIES) is None
    assert contents(out) == contents(built)


def test_effects_are_recorded_and_the_same_again(material, tmp_path, monkeypatch):
    for number in range(3):
        write_sound(material / f'noise/{number}.wav', tone(3000 + number, 2))
        room = np.exp(-np.arange(4000) / (500 + 50 * number))
        write_sound(material / f'impulse-responses/{number}.wav', room)
    folders = ('pictures', 'sounds', 'noise', 'impulse-responses')
    effects = ['--augment', 'reverb', 'noise', 'equaliser', 'codec', 'pitch']
    for number in '12':
        out = tmp_path / number / 'out'
        assert run(monkeypatch, material, out, *effects, folders=folders) is None
    assert contents(tmp_path / '1') == contents(tmp_path / '2')
    records = [entry['made_of']['effects'] for entry in entries_of(tmp_path / '1/out', 'train')]
    assert {name for record in records for name in record} == {
        'reverb', 'noise', 'equaliser', 'codec',
    }  # fmt: skip
    assert all(r['noise']['noise'].endswith('.wav') for r in records if 'noise' in r)
    metainfo = read_manifest(tmp_path / '1/out/train.json')['metainfo']
    assert metainfo['augment'] == ['reverb', 'noise', 'equaliser', 'codec', 'pitch']


def test_the_shares_of_sounding_and_silent_objects_are_as_asked(material, tmp_path, monkeypatch):
    options = ['--sounding', '0', '1', '--silent', '1', '--same-family', '0', '--side', '128']
    assert run(monkeypatch, material, tmp_path / 'out', *options) is None
    for entry in entries_of(tmp_path / 'out', 'train'):
        assert len(entry['tags']) == 2
        assert len(entry['boxes']['0']) == 3
        assert cv2.imread(str(tmp_path / 'out' / entry['frames'][0])).shape == (128, 128, 3)


def test_a_class_with_one_recording_is_named_with_the_way_out(material, tmp_path, monkeypatch):
    for number in (1, 2):
        (material / f'sounds/dog/{number}.wav').unlink()
    problem = run(monkeypatch, material, tmp_path / 'out')
    assert "sounds of class 'dog': 1 usable, none for val, test" in problem
    assert 'Three of each suffice' in problem
    assert run(monkeypatch, material, tmp_path / 'out', '--splits', 'train') is None


def test_a_class_whose_files_are_all_refused_is_named(material, tmp_path, monkeypatch, capsys):
    for number in range(3):
        write_sound(material / f'sounds/dog/{number}.wav', 0 * tone(100, 1 + number))
    problem = run(monkeypatch, material, tmp_path / 'out')
    assert "sounds of class 'dog': 0 usable, none for train, val, test" in problem
    assert '0.wav is silent (peak 0)' in capsys.readouterr().out


def test_files_that_cannot_be_used_are_listed_and_the_rest_is_built(
    material, tmp_path, monkeypatch, capsys
):
    (material / 'pictures/dog/broken.png').write_bytes(b'nonsense')
    assert run(monkeypatch, material, tmp_path / 'out') is None
    said = capsys.readouterr().out
    assert 'broken.png cannot be read' in said
    assert 'files that are not used: 1, see ' in said
    assert len(json.loads((tmp_path / 'out/report.json').read_text())['findings']) == 1


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['--families', 'pets'], "'pets' is not NAME=A,B, nor a JSON file"),
        (['--sizes', 'train=0'], "'train=0' must be SPLIT=N"),
        (['--silent', '2'], "'2' is not from 0 to 1"),
        (['--noise', 'x'], '--noise needs --augment noise'),
        (['--object-size', '.5', '.2'], '--object-size needs 0 < LEAST <= MOST'),
        (['--sounding', '0'], '--sounding needs a share above 0'),
    ],
)
def test_an_option_that_does_not_fit_is_named(
    material, tmp_path, monkeypatch, capsys, options, said
):
    assert run(monkeypatch, tmp_path, tmp_path / 'out', *options) == 2
    assert said in capsys.readouterr().err


def test_names_of_any_bytes_become_classes(material, tmp_path, monkeypatch):
    for kind in ('pictures', 'sounds'):
        (material / kind / 'dog').rename(material / kind / 'caf\udce9 au\nlait')
        (material / kind / 'cat').rename(material / kind / 'a+b, Ü')
    assert run(monkeypatch, material, tmp_path / 'out') is None
    manifest = read_manifest(tmp_path / 'out/train.json')
    assert manifest['metainfo']['classes'] == ['a+b, Ü', 'bell', 'caf\udce9 au\nlait']
    assert check_manifest(manifest, tmp_path / 'out') == {}


def test_families_may_stand_in_a_json_file(material, tmp_path, monkeypatch):
    (tmp_path / 'families.json').write_text('{"pets": ["dog", "cat"]}')
    options = ['--families', str(tmp_path / 'families.json'), '--splits', 'val']
    assert run(monkeypatch, material, tmp_path / 'out', *options) is None
    groups = read_manifest(tmp_path / 'out/val.json')['metainfo']['groups']
    assert groups == {'pets': ['dog', 'cat'], 'bell': ['bell']}
