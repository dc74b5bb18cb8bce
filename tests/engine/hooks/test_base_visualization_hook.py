from types import SimpleNamespace

import pytest

from mmavl.engine.hooks import base_visualization_hook
from mmavl.engine.hooks.base_visualization_hook import both_ends, chosen_here, relative, spread


@pytest.mark.parametrize(
    ('total', 'count', 'found'),
    [(10, 2, [2, 7]), (9, 3, [1, 4, 7]), (3, 5, [0, 1, 2]), (7, 1, [3]), (5, 0, []), (0, 3, [])],
)
def test_samples_are_spread_evenly_from_the_middles_of_equal_parts(total, count, found):
    assert spread(total, count) == found


@pytest.mark.parametrize(
    ('ranked', 'count', 'best', 'worst'),
    [
        ('abcdefg', 2, 'ab', 'gf'),
        ('abcde', 3, 'abc', 'ed'),
        ('a', 2, 'a', ''),
        ('', 2, '', ''),
    ],
)
def test_the_best_and_the_worst_from_the_last_on_and_none_as_both(ranked, count, best, worst):
    assert both_ends(ranked, count) == {'best': best, 'worst': worst}


@pytest.mark.parametrize(('main', 'found'), [(True, {1, 3}), (False, set())])
def test_of_several_processes_the_main_one_draws_from_its_own_share(monkeypatch, main, found):
    monkeypatch.setattr(base_visualization_hook, 'get_world_size', lambda: 2)
    monkeypatch.setattr(base_visualization_hook, 'is_main_process', lambda: main)
    assert chosen_here(range(9), 2) == found  # its share are five of the nine


def test_a_record_names_a_file_from_the_work_directory(tmp_path):
    runner = SimpleNamespace(work_dir=tmp_path / 'run')
    assert relative(tmp_path / 'run/results/a.png', runner) == 'results/a.png'
    assert relative(tmp_path / 'elsewhere/a.png', runner) == '../elsewhere/a.png'
