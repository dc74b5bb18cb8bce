import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

TOOL = Path(__file__).parents[2] / 'tools/dataset_converters/check_manifest.py'


@pytest.fixture
def manifest(tmp_path):
    entries = []
    for index in range(3):
        soundfile.write(tmp_path / f'{index}.wav', np.sin(np.arange(8000)), 8000)
        Image.new('RGB', (8, 8)).save(tmp_path / f'{index}.jpg')
        entry = {'clip_id': f'c{index}', 'audio': f'{index}.wav', 'frames': [f'{index}.jpg']}
        entries.append({**entry, 'fps': 1, 'duration': 1, 'tags': ['Cello']})
    path = tmp_path / 'x.json'
    content = {'metainfo': {'classes': ['Cello']}, 'data_list': entries}
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the tool; gives its exit code, its lines and what it writes to stderr."""

    def call(*args):
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(str(TOOL), run_name='__main__')
        said = capsys.readouterr()
        return stopped.value.code, said.out.splitlines(), said.err

    return call


def test_a_good_manifest_passes_with_its_count_and_a_progress_bar(run, manifest):
    code, lines, progress = run(manifest)
    assert (code, lines) == (0, ['3 entries, 0 with problems'])
    assert '3/3' in progress


def test_each_problem_has_its_line_and_the_end_counts_them(run, manifest):
    (manifest.parent / '0.jpg').unlink()
    soundfile.write(manifest.parent / '0.wav', np.zeros(8000), 8000)
    soundfile.write(manifest.parent / '2.wav', np.zeros(8000), 8000)
    code, lines, _ = run(manifest, '--workers', 1)
    assert code == 1
    root = manifest.parent
    assert lines == [
        f"clip 'c0': silent: {root}/0.wav is silent (peak 0)",
        f"clip 'c0': missing: {root}/0.jpg is missing",
        f"clip 'c2': silent: {root}/2.wav is silent (peak 0)",
        '3 entries, 2 with problems: 2 silent, 1 missing',
    ]
    assert run(manifest, '--no-media')[0] == 0


def test_a_file_that_is_no_manifest_is_told_apart(run, tmp_path):
    (tmp_path / 'x.json').write_text('{')
    code, lines, message = run(tmp_path / 'x.json')
    assert (code, lines) == (2, [])
    assert 'x.json is not valid JSON' in message
