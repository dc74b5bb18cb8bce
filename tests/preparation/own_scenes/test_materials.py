import shutil
from pathlib import Path

import cv2
import pytest
import soundfile

from mmavl.errors import DataError
from mmavl.preparation.converters.report import Report
from mmavl.preparation.own_scenes import materials as module
from mmavl.preparation.own_scenes.materials import Material, divide, find_materials, prepare

from .making import tone, write_sound


def find(root, kind='sounds', with_classes=True):
    report = Report()
    return find_materials(kind, root / kind, with_classes, report), report


def made(names, label='dog'):
    return [Material('sounds', label, name, Path(name)) for name in names]


def causes(report):
    return {finding.clip_id: finding.cause for finding in report.findings}


def test_files_are_found_by_class_and_others_are_named(material):
    (material / 'sounds/dog/notes.txt').write_text('')
    (material / 'sounds/dog/._0.wav').write_text('')
    write_sound(material / 'sounds/loose.wav', tone(100, 1))
    found, report = find(material)
    assert [m.name for m in found if m.label == 'dog'] == ['dog/0.wav', 'dog/1.wav', 'dog/2.wav']
    assert causes(report) == {'dog/notes.txt': 'passed over', 'loose.wav': 'no class'}


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r'--sounds .*sounds is not a folder'):
        find(tmp_path)


def test_prepared_files_are_cut_outs_and_sounds_at_one_rate(material, tmp_path):
    report = Report()
    found = find(material)[0] + find(material, 'pictures')[0]
    usable = prepare(found, tmp_path / 'out', 0, 60, report)
    assert len(usable) == 18
    assert report.findings == []
    for item in usable:
        if item.kind == 'sounds':
            info = soundfile.info(item.prepared)
            assert (info.samplerate, info.frames) == (22050, item.length)
        else:
            cutout = cv2.imread(str(item.prepared), cv2.IMREAD_UNCHANGED)
            assert cutout.shape[2] == 4
            assert max(cutout.shape) == pytest.approx(82, abs=6)  # the disc alone


def test_what_cannot_be_used_is_named_and_the_rest_is_prepared(material, tmp_path):
    write_sound(material / 'sounds/dog/silent.wav', 0 * tone(100, 1))
    (material / 'sounds/dog/broken.mp3').write_bytes(b'nonsense')
    shutil.copy(material / 'sounds/dog/0.wav', material / 'sounds/cat/copy.wav')
    report = Report()
    usable = prepare(find(material)[0], tmp_path / 'out', 1, 60, report)
    assert len(usable) == 9
    assert causes(report) == {
        'dog/silent.wav': 'silent',
        'dog/broken.mp3': 'unreadable',
        'dog/0.wav': 'duplicate',
    }


def test_nothing_is_prepared_twice_even_what_was_refused(material, tmp_path, monkeypatch):
    write_sound(material / 'sounds/dog/silent.wav', 0 * tone(100, 1))
    first = prepare(find(material)[0], tmp_path / 'out', 0, 60, Report())
    monkeypatch.setattr(module, '_prepare', lambda item: pytest.fail(f'{item.name} again'))
    report = Report()
    assert prepare(find(material)[0], tmp_path / 'out', 0, 60, report) == first
    assert causes(report) == {'dog/silent.wav': 'silent'}


def test_what_was_prepared_before_an_interruption_is_kept(material, tmp_path, monkeypatch):
    done = []

    def interrupted(item):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(item.name)
        return work(item)

    work = module._prepare
    monkeypatch.setattr(module, '_prepare', interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(find(material)[0], tmp_path / 'out', 0, 60, Report())
    rest = []
    monkeypatch.setattr(module, '_prepare', lambda item: rest.append(item.name) or work(item))
    assert len(prepare(find(material)[0], tmp_path / 'out', 0, 60, Report())) == 9
    assert len(rest) == 6
    assert not set(rest) & set(done)


@pytest.mark.parametrize(
    ('count', 'sizes'),
    [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (10, (6, 2, 2)), (100, (60, 20, 20))],
)
def test_one_in_five_validates_and_tests_and_each_file_is_in_one_split(count, sizes):
    items = made([f'dog/{n}.wav' for n in range(count)])
    splits = divide(items)
    assert tuple(map(len, splits.values())) == sizes
    assert sorted(m.name for part in splits.values() for m in part) == sorted(
        m.name for m in items
    )


def test_files_of_a_sub_folder_are_in_one_split():
    names = [f'dog/rex/{n}.wav' for n in range(20)] + ['dog/a.wav', 'dog/b.wav']
    splits = [{m.unit for m in part} for part in divide(made(names)).values()]
    assert sorted(map(len, splits)) == [1, 1, 1]
    assert set.union(*splits) == {'rex', 'a.wav', 'b.wav'}


def test_the_division_does_not_depend_on_the_order():
    items = made([f'dog/{n}.wav' for n in range(10)])
    assert divide(items) == divide(items[::-1])
