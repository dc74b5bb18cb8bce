import json
import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

from mmavl.preparation.open_images import INSTRUMENTS

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/openimages_to_coco.py'


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the tool on three images, of which one is broken and one missing."""
    rows = [f'/m/{number},{name}' for number, name in enumerate(INSTRUMENTS)]
    (tmp_path / 'classes.csv').write_text('\n'.join(rows))
    header = 'ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf'
    boxes = ['ok,/m/0,0,0.5,0,1,0', 'ok,/m/14,0.5,1,0,1,1', 'bad,/m/0,0,1,0,1,0']
    boxes += ['gone,/m/2,0,1,0,1,0', 'ok,/m/3,0.5,0.5,0,1,0', 'other,/m/99,0,1,0,1,0']
    (tmp_path / 'boxes.csv').write_text('\n'.join([header, *boxes]))
    (tmp_path / 'train').mkdir()
    Image.new('RGB', (100, 50)).save(tmp_path / 'train/ok.jpg')
    (tmp_path / 'train/bad.jpg').write_bytes(b'no image')
    monkeypatch.chdir(tmp_path)

    def call(*args):
        common = ['--classes', 'classes.csv', '--boxes', 'boxes.csv', '--out', 'out/x.json']
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *common, *args])
        runpy.run_path(str(TOOL), run_name='__main__')
        return json.loads(Path('out/x.json').read_text())

    return call


def test_boxes_become_pixels_of_images_that_can_be_read(run, capsys):
    content = run('--images', 'train')
    image = {'id': 1, 'file_name': 'ok.jpg', 'width': 100, 'height': 50}
    assert content['images'] == [image]
    boxes = [(a['category_id'], a['bbox'], a['iscrowd']) for a in content['annotations']]
    assert boxes == [(1, [0.0, 0.0, 50.0, 50.0], 0), (15, [50.0, 0.0, 50.0, 50.0], 1)]
    assert [c['name'] for c in content['categories']] == list(INSTRUMENTS)
    printed = capsys.readouterr().out
    assert '1 images, 2 boxes, 1 of them cover groups' in printed
    assert 'left out: 1 boxes without area, 2 of 3 images; see out/x.left_out.json' in printed
    left_out = json.loads(Path('out/x.left_out.json').read_text())
    assert left_out['rows'] == {'boxes without area': 1}
    assert 'is missing' in left_out['images']['gone']
    assert 'cannot be read as an image' in left_out['images']['bad']


def test_sizes_may_come_from_a_table(run):
    Path('sizes.csv').write_text('ImageID,Width,Height\nok,10,20\nbad,30,40\n')
    content = run('--image-sizes', 'sizes.csv')
    assert [(i['file_name'], i['height']) for i in content['images']] == [
        ('bad.jpg', 40),
        ('ok.jpg', 20),
    ]
    left_out = json.loads(Path('out/x.left_out.json').read_text())['images']
    assert left_out == {'gone': 'not in the table of sizes'}


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['--images', 'nowhere'], '--images nowhere is not a folder'),
        (['--images', 'empty'], r'out/x\.json would contain no boxes'),
        (['--image-sizes', 'none.csv'], r'none\.csv'),
    ],
)
def test_where_nothing_is_usable_it_ends_with_one_line(run, args, message):
    Path('empty').mkdir()
    with pytest.raises(SystemExit, match=f'error: .*{message}'):
        run(*args)
    assert not Path('out/x.json').exists()
