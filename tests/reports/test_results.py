import json

import pytest

from mmavl.errors import DataError
from mmavl.reports.results import (
    Result,
    read_results,
    result_of_runs,
    table_of,
    write_result,
)
from mmavl.reports.run_record import Run

UNKNOWN = dict.fromkeys(('options', 'dataset', 'split', 'protocol', 'seeds'))
UNKNOWN |= dict.fromkeys(('command', 'commit', 'machine', 'date'))


def result(name='a', **parts):
    facts = dict(title='A', task='localization', config='a', means={'pointing': 0.854})
    return Result(**{**UNKNOWN, 'name': name, **facts, **parts})


def run(path, seed, figures, **parts):
    metrics = {f'half_max/{key}': value for key, value in figures.items()}
    metrics |= {'half_max/whole_image/pointing': 0.1, 'tags/audio_map': 0.9, 'loss': 3.0}
    test = dict(
        split='test',
        metrics=metrics,
        command=f'mmavl test a --seed {seed}',
        started='2026-01-02T03:04:05',
        config_name='a',
        dataset='Scenes',
        commit='abc',
        dtype='float32',
        environment={'processor': 'AMD EPYC', 'threads': '2', 'GPU': 'none'},
    )
    return Run('a', path, {'settings': {'seed': str(seed)}}, [test | parts])


def test_seeds_become_one_result_with_all_that_their_records_agree_on(tmp_path):
    runs = [run(tmp_path, 0, {'pointing': 0.5}), run(tmp_path, 1, {'pointing': 0.7}, commit='abd')]
    made = result_of_runs('a', 'A', runs, 'test')
    assert made.means == {'pointing': 0.6, 'audio_map': 0.9}
    assert made.spreads['pointing'] == pytest.approx(0.141421)
    assert (made.task, made.protocol, made.split) == ('localization', 'half_max', 'test')
    assert (made.config, made.dataset, made.seeds) == ('a', 'Scenes', [0, 1])
    assert (made.commit, made.date) == (None, '2026-01-02')
    assert made.machine == '2 threads of an AMD EPYC, float32'
    assert made.command == 'mmavl test a --seed 0'
    assert read_results(write_result(made, tmp_path).parent) == {'a': made}


def test_what_a_record_does_not_say_is_not_made_up(tmp_path):
    bare = Run('a', tmp_path, None, [{'split': 'test', 'metrics': {'separation/sdr': 5.0}}])
    made = result_of_runs('a', 'A', [bare], 'test')
    assert made == result(task='separation', config=None, split='test', means={'sdr': 5.0})


def test_a_split_or_protocol_that_was_not_tested_is_named(tmp_path):
    runs = [run(tmp_path, 0, {'pointing': 0.5})]
    with pytest.raises(DataError, match="has no test on 'test_shift'"):
        result_of_runs('a', 'A', runs, 'test_shift')
    with pytest.raises(DataError, match="not tested under 'median' on 'test', but under half_max"):
        result_of_runs('a', 'A', runs, 'test', 'median')


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        ('{', 'a.json is not a result'),
        ('{"name": "a", "colour": 1}', "a.json is not a result .*'colour'"),
        (None, "a.json is named 'b' inside"),
    ],
)
def test_a_file_that_is_not_a_result_is_named(tmp_path, content, words):
    if content is None:
        content = write_result(result('b'), tmp_path).read_text()
    (tmp_path / 'a.json').write_text(content)
    with pytest.raises(DataError, match=words):
        read_results(tmp_path)


def test_empty_parts_are_left_out_of_the_file_and_unknown_facts_are_null(tmp_path):
    content = json.loads(write_result(result(), tmp_path).read_text())
    assert content['commit'] is None
    assert 'spreads' not in content


def test_a_table_has_the_columns_and_rows_that_its_description_names():
    results = {
        'a': result(spreads={'pointing': 0.002}, words={'training': '2 min'}, split='val'),
        'b': result('b', means={'pointing': 0.5, 'named': 28}, totals={'named': 30}),
        'c': result('c', means={'pointing': 0.75}, intervals={'pointing': [0.5, 1.0]}),
    }
    count = {'title': 'named', 'percent': False, 'digits': 0}
    spec = {
        'head': 'row',
        'columns': {'pointing': None, 'named': count, 'training': 'training', 'split': 'split'},
        'rows': ['a', {'result': 'b', 'title': 'B', 'bold': True}, 'c'],
    }
    assert table_of(spec, results).to_markdown().splitlines()[2:] == [
        '| A | 85.4 ± 0.2 | - | 2 min | val |',
        '| **B** | 50.0 | 28 of 30 | - | - |',
        '| A | 75.0 [50.0, 100.0] | - | - | - |',
    ]
    spec |= {'spreads': False, 'digits': 0}
    assert table_of(spec, results).to_markdown().splitlines()[2].startswith('| A | 85 | - |')
    with pytest.raises(DataError, match="unknown result 'gone'"):
        table_of({'columns': {}, 'rows': ['gone']}, results)
