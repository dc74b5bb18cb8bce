import json

import pytest

from mmavl.errors import DataError
from mmavl.preparation.doctor.runs import check_run, find_runs, read_config


def write_run(folder, val, test='test.json', train='train.json', save_best=None):
    loaders = '\n'.join(
        f"{role}_dataloader = dict(dataset=dict(ann_file='{name}', data_root='data'))"
        for role, name in (('train', train), ('val', val), ('test', test))
    )
    config = f'{loaders}\ndefault_hooks = dict(checkpoint=dict(save_best={save_best!r}))\n'
    (folder / 'results').mkdir(parents=True)
    (folder / 'results/train.json').write_text(json.dumps({'config': config}))


def test_choosing_a_checkpoint_on_the_test_list_is_a_problem(tmp_path):
    write_run(tmp_path / 'good', 'val.json', save_best='half_max/average_ciou')
    write_run(tmp_path / 'looked', 'test.json')
    write_run(tmp_path / 'wrong', './test.json', save_best='half_max/average_ciou')
    write_run(tmp_path / 'trained', 'val.json', train='test.json')
    found = {run.name: [f.problem for f in check_run(run)] for run in find_runs(tmp_path)}
    assert found == {'good': [], 'looked': [False], 'trained': [True], 'wrong': [True]}
    (finding,) = check_run(find_runs(tmp_path / 'wrong')[0])
    assert "selected by 'half_max/average_ciou' on data/test.json" in finding.message


def test_a_copy_of_the_test_list_under_another_name_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').mkdir()
    for name, clips in (('val', 'abx'), ('test', 'abc'), ('train', 'xyz')):
        entries = [{'clip_id': clip} for clip in clips]
        manifest = {'metainfo': {'classes': ['x']}, 'data_list': entries}
        (tmp_path / f'data/{name}.json').write_text(json.dumps(manifest))
    write_run(tmp_path / 'run', 'val.json')
    (finding,) = check_run(find_runs(tmp_path / 'run')[0])
    assert (finding.count, finding.of) == (2, 3)
    assert 'are in data/val.json' in finding.message


def test_a_folder_without_runs_is_named(tmp_path):
    with pytest.raises(DataError, match='has no record of a training'):
        find_runs(tmp_path)


def test_a_config_is_read_and_not_run():
    text = "a = dict(b=[1, -2, (3,)], c={'d': None})\ne = __import__('os').getcwd()\nf = a\n"
    assert read_config(text) == {'a': {'b': [1, -2, [3]], 'c': {'d': None}}, 'e': None, 'f': None}
    assert read_config('a = (') == {}
