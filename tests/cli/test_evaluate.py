import json
from fractions import Fraction

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.cli import main
from mmavl.media.mp4_writer import Mp4Writer


@pytest.fixture
def cases(tmp_path, config):
    soundfile.write(tmp_path / 'a.wav', np.sin(np.arange(16000)) / 2, 8000)
    with (
        (tmp_path / 'a b.mp4').open('wb') as file,
        Mp4Writer(file, (32, 24), Fraction(4), str(tmp_path / 'a.wav')) as writer,
    ):
        for number in range(8):
            writer.write(number / 4, np.full((24, 32, 3), 30 * number, np.uint8))
    entries = [
        {'file': 'a b.mp4', 't': 0.5, 'label': 'horn', 'box': [0.0, 0.0, 0.5, 0.9]},
        {'file': 'a b.mp4', 't': 1.5, 'label': 'tuba', 'box': [0.1, 0.0, 0.5, 0.9]},
    ]
    (tmp_path / 'cases.json').write_text(json.dumps(entries))
    return tmp_path


def run(folder, *more):
    return main(
        ['evaluate', str(folder / 'cases.json'), '--model', str(folder / 'own.py'), '--quiet',
         '--device', 'cpu', *more]
    )  # fmt: skip


def test_a_table_a_record_and_a_picture_come_out(cases, capsys):
    assert run(cases, '--out', str(cases / 'scored')) == 0
    printed = capsys.readouterr()
    assert 'class given' in printed.out
    assert 'centre of the frame' in printed.out
    assert 'the model has no class for: tuba' in printed.err
    record = json.loads((cases / 'scored/evaluation.json').read_text())
    assert [case['t'] for case in record['cases']] == [0.5, 1.5]
    assert record['table']['whole image']['own']['count'] == 2
    with Image.open(cases / 'scored/cases.png') as sheet:
        assert sheet.width > 400


def test_a_missing_clip_is_listed_and_a_time_beyond_the_end(cases, capsys):
    entries = json.loads((cases / 'cases.json').read_text())
    entries += [{**entries[0], 'file': 'gone.mp4'}, {**entries[0], 't': 99}]
    (cases / 'cases.json').write_text(json.dumps(entries))
    assert run(cases, '--json') == 1
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)['cases']) == 2
    assert 'gone.mp4 does not exist' in printed.err
    assert 'lasts 2.00 s and has no frame at 99 s' in printed.err


def test_a_wrong_file_of_cases_ends_it_with_one_line(cases, capsys):
    (cases / 'cases.json').write_text('[{"file": 1}]')
    assert run(cases) == 2
    assert 'case 1: file=1 is not a text' in capsys.readouterr().err
