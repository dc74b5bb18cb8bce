"""Scenes of the real packages; skipped where they are not in the cache."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mmavl.datasets.manifest import read_manifest
from mmavl.scenes.build import build_splits
from mmavl.scenes.instruments.spec import InstrumentSpec, load_banks


def test_a_real_split_has_audible_sources_and_pictures_of_its_side(materials, tmp_path):
    spec = InstrumentSpec('test_shift', 8, 3, materials.versions)
    list(build_splits(tmp_path, [spec], partial(load_banks, materials, ())))
    for entry in read_manifest(tmp_path / 'test_shift.json')['data_list']:
        for path in entry['sources'].values():
            wave, _ = soundfile.read(tmp_path / path)
            frames = wave[: len(wave) // 2205 * 2205].reshape(-1, 2205)
            assert np.mean(np.abs(frames).max(1) > 0.005) > 0.2
        assert set(entry['made_of']['sounds'].values()) <= {'timgm6mb', 'recordings'}


@pytest.mark.slow
def test_two_processes_write_the_same_bytes_as_one(materials, tmp_path):
    spec = InstrumentSpec('train', 12, 0, materials.versions)
    for workers in (1, 2):
        list(
            build_splits(
                tmp_path / str(workers), [spec], partial(load_banks, materials, ()), workers
            )
        )
    one, two = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob('*') if path.is_file()}
        for root in (tmp_path / '1', tmp_path / '2')
    )
    assert one == two
    assert Path('train.json') in one
