import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mmavl.reports.html_report import write_report
from mmavl.reports.run_record import read_run, write_record
from mmavl.visualization.drawing import write_png


class Reader(HTMLParser):
    """Collects tables as rows of cells, checks that tags close, keeps everything that loads."""

    VOID = {'meta', 'img', 'link', 'br', 'input', 'source', 'base'}

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.loads, self.text = [], [], [], ''

    def handle_starttag(self, tag, attrs):
        self.loads += [v for k, v in attrs if k in ('src', 'href', 'srcset', 'data', 'action')]
        if tag in self.VOID:
            return
        self.open.append(tag)
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {'td', 'th'} & set(self.open):
            self.rows[-1][-1] += data


@pytest.fixture
def work_dir(tmp_path):
    def make(name, ciou, split='test'):
        path = tmp_path / name
        write_png(path / 'results/test/best.png', np.full((40, 60, 3), 77, np.uint8))
        case = dict(clip_id='<b>&é', level=2, ciou=0.91, kind='best')
        record = dict(
            command='python tools/test.py a<b.py',
            started='2025-01-01T00:00:00',
            settings=dict(model='CoarseToFine'),
            config='model = 1  # <script>',
            environment=dict(torch='9.9'),
            protocol='half_max',
            metrics={
                'half_max/level2_frames': 4.0,
                'half_max/level2_ciou': ciou,
                'half_max/centred_disc/level2_ciou': 0.333,
                'median/level2_frames': 4.0,
                'median/level2_ciou': ciou / 2,
            },
            cases=[
                {**case, 'picture': 'results/test/best.png'},
                {**case, 'kind': 'worst', 'picture': 'results/test/gone.png'},
            ],
        )
        write_record(path / f'results/{split}.json', record)
        log = path / '1/vis_data/scalars.json'
        log.parent.mkdir(parents=True)
        log.write_text(json.dumps({'loss': 1.5, 'step': 1}), encoding='utf-8')
        return path

    return make


def read(path):
    text = path.read_text(encoding='utf-8')
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader, text


def test_one_run_with_everything_in_the_page_and_nothing_outside(work_dir, tmp_path):
    out = tmp_path / 'Übersicht' / 'report.html'
    write_report([read_run(work_dir('läuf', 0.5))], out)
    reader, text = read(out)
    assert all(url.startswith(('#', 'data:')) for url in reader.loads)
    assert not re.search(r'https?://|@import|url\(', text)
    picture, curves = (
        next(url for url in reader.loads if url.startswith(f'data:image/{kind}'))
        for kind in ('jpeg', 'svg')
    )
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.partition(',')[2]))))
    assert pixels.shape == (40, 60, 3)
    assert abs(int(pixels.mean()) - 77) <= 1
    assert b'<svg' in base64.b64decode(curves.partition(',')[2])
    assert ['läuf', '50.0'] in reader.rows
    assert ['centred disc', '33.3'] in reader.rows
    for words in ('a<b.py', '# <script>', 'CoarseToFine', '9.9', 'best of level 2', 'gone.png is'):
        assert words in reader.text


def test_several_runs_stand_in_one_table_with_the_best_set_off(work_dir, tmp_path):
    runs = [read_run(work_dir(name, ciou)) for name, ciou in (('a', 0.25), ('b', 0.75))]
    runs.append(read_run(work_dir('c', 0.99, split='test_shift')))
    write_report(runs, tmp_path / 'r.html', 'Vergleich')
    reader, text = read(tmp_path / 'r.html')
    names = [row[0] for row in reader.rows if row[1:2] and row[1] in ('25.0', '75.0', '99.0')]
    assert names == ['a', 'b', 'c']
    assert re.findall(r'<td class="[^"]*best">([\d.]+)</td>', text) == ['75.0', '37.5']
    assert reader.text.count('centred disc') == 2 + 1  # once for each split, once in the notes
    assert 'Vergleich' in reader.text


def test_a_run_that_was_only_trained_still_has_a_report(work_dir, tmp_path):
    path = work_dir('a', 0.5)
    (path / 'results/test.json').unlink()
    write_report([read_run(path)], tmp_path / 'r.html')
    reader, _ = read(tmp_path / 'r.html')
    assert 'Nothing was tested yet' in reader.text
    assert any(url.startswith('data:image/svg') for url in reader.loads)
