import os
import runpy
import sys
import time
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / 'tools/clean_cache.py'
OLD, NEW = (f'train-image_features-{letter * 16}' for letter in 'ab')


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'data/toy/features'
    folder.mkdir(parents=True)
    for stem, days in ((OLD, 40), (NEW, 2)):
        moment = time.time() - 86400 * days
        (folder / stem).mkdir()
        (folder / stem / '00000.npy').write_text('x' * 1_000_000)
        (folder / stem / 'meta.json').write_text('{"backbone": "CRNN()"}')
        for path in (folder / stem / 'meta.json', folder / stem):
            os.utime(path, (moment, moment))
    return folder


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def call(*args):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
        runpy.run_path(str(TOOL), run_name='__main__')
        return capsys.readouterr().out.splitlines()

    return call


def test_caches_of_all_data_sets_are_listed_and_stay(run, folder):
    first, second, total = run()
    assert first.split() == [
        'kept', '1.0', 'MB', 'unused', 'for', '2.0', 'days', f'data/toy/features/{NEW}', 'CRNN',
    ]  # fmt: skip
    assert '40.0 days' in second
    assert total == '2.0 MB in total'
    assert len(list(folder.rglob('*.*'))) == 4


def test_what_nobody_used_for_so_long_is_deleted_and_nothing_else(run, folder):
    first, second, total = run(folder, '--prune', 30)
    assert first.startswith('kept')
    assert second.startswith('deleted')
    assert OLD in second
    assert total == '1.0 MB deleted'
    assert sorted(path.name for path in folder.iterdir()) == [NEW]


def test_a_folder_that_is_not_there_is_named(run, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(tmp_path / 'nowhere')
    assert capsys.readouterr().err == f'error: {tmp_path / "nowhere"} is not a folder\n'
