"""A small share of the fuzzing; tools/maintainer/fuzz_files.py does thousands."""

import importlib
import json
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[3] / 'tools/maintainer'


@pytest.fixture(scope='module')
def fuzz():
    sys.path.insert(0, str(FOLDER))
    yield importlib.import_module('fuzz_files')
    sys.path.remove(str(FOLDER))


@pytest.fixture
def clock(fuzz):
    before = signal.signal(signal.SIGALRM, fuzz._end_of_time)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize('name', ['media', 'manifests', 'checkpoints', 'tables'])
def test_no_damaged_file_does_harm(name, fuzz, tmp_path, clock):
    target = fuzz.TARGETS[name]
    whole = target.write(tmp_path)
    for path in set(whole):
        target.read(path)  # what is whole is read
    outcomes = [fuzz.read_changed(target, whole, seed) for seed in range(40)]
    assert [message for outcome, message in outcomes if outcome == 'harm'] == []
    assert sum(outcome == 'refused' for outcome, _ in outcomes) > 15


def harmless(path):
    raise ValueError('no error of mmavl')


def greedy(path):
    np.ones(10**8)


def endless(path):
    try:
        time.sleep(60)
    except Exception:
        time.sleep(60)


@pytest.mark.parametrize(
    ('read', 'message'),
    [(harmless, 'ValueError: '), (greedy, 'GB more'), (endless, 'more than 1 s')],
)
def test_harm_is_seen(read, message, fuzz, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(fuzz, 'SECONDS', 1)
    monkeypatch.setattr(fuzz, 'GROWTH', 100_000)
    target = fuzz.Target(fuzz.TARGETS['tables'].write, read)
    outcome, said = fuzz.read_changed(target, target.write(tmp_path), 0)
    assert outcome == 'harm'
    assert message in said


def test_a_process_that_dies_is_named_with_its_seed_and_the_others_are_read(fuzz, monkeypatch):
    def read(path):
        if json.loads(path.read_text()) == 3:
            signal.raise_signal(signal.SIGKILL)

    def write(folder):
        (folder / 'a.json').write_text('1')
        return [folder / 'a.json']

    monkeypatch.setattr(fuzz, 'mutations', lambda data, seed: str(seed).encode())
    monkeypatch.setitem(fuzz.TARGETS, 'numbers', fuzz.Target(write, read))
    outcomes = {seed: outcome for seed, outcome, _ in fuzz.fuzz('numbers', range(6))}
    assert outcomes == {0: 'read', 1: 'read', 2: 'read', 3: 'harm', 4: 'read', 5: 'read'}


def test_a_seed_gives_the_same_change_again_and_another_one_another(fuzz):
    for data in (b'{"a": [1, 2, {"b": "c"}]}', bytes(range(256))):
        changes = [fuzz.mutations(data, seed) for seed in range(100)]
        assert changes == [fuzz.mutations(data, seed) for seed in range(100)]
        assert len(set(changes)) > 60
