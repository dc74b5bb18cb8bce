import json

import pytest
from PIL import Image

from mmavl.errors import DataError
from mmavl.preparation.coco import BoxedImage, coco_annotations, manifest_to_coco, write_coco


def test_boxes_are_pixels_and_categories_follow_the_classes():
    image = BoxedImage('a.jpg', 200, 100, [('Horn', (0.1, 0.2, 0.3, 0.4), True)])
    content = coco_annotations(['Violin', 'Horn'], [BoxedImage('b.jpg', 5, 6), image])
    assert content['categories'] == [{'id': 1, 'name': 'Violin'}, {'id': 2, 'name': 'Horn'}]
    assert content['images'] == [
        {'id': 1, 'file_name': 'b.jpg', 'width': 5, 'height': 6},
        {'id': 2, 'file_name': 'a.jpg', 'width': 200, 'height': 100},
    ]
    assert content['annotations'] == [
        {
            'id': 1,
            'image_id': 2,
            'category_id': 2,
            'bbox': [20.0, 20.0, 60.0, 40.0],
            'area': 2400.0,
            'iscrowd': 1,
        }
    ]


def test_a_file_without_boxes_is_not_written(tmp_path):
    with pytest.raises(DataError, match='would contain no boxes'):
        write_coco(tmp_path / 'x.json', coco_annotations(['Horn'], [BoxedImage('b.jpg', 5, 6)]))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def manifest(tmp_path):
    Image.new('RGB', (40, 20)).save(tmp_path / '1.png')
    Image.new('RGB', (10, 10)).save(tmp_path / '10.png')
    box = {'bbox': [0.5, 0.5, 0.5, 0.5], 'label': 'Horn', 'sounding': False}
    entry = {'clip_id': 'a', 'frames': [f'{i}.png' for i in range(11)], 'fps': 1}
    entry['boxes'] = {'10': [box], '1': [box, {**box, 'label': 'Oboe', 'sounding': True}]}
    return {'metainfo': {'classes': ['Oboe', 'Horn']}, 'data_list': [entry, {'clip_id': 'b'}]}


def test_a_manifests_annotated_frames_are_exported_with_their_silent_boxes(manifest, tmp_path):
    content = manifest_to_coco(manifest, tmp_path)
    assert [image['file_name'] for image in content['images']] == ['1.png', '10.png']
    boxes = [(a['image_id'], a['category_id'], a['bbox']) for a in content['annotations']]
    first, second = [20.0, 10.0, 20.0, 10.0], [5.0, 5.0, 5.0, 5.0]
    assert boxes == [(1, 2, first), (1, 1, first), (2, 2, second)]
    write_coco(tmp_path / 'x.json', content)
    assert json.loads((tmp_path / 'x.json').read_text()) == content


def test_pycocotools_reads_the_export(manifest, tmp_path):
    coco = pytest.importorskip('pycocotools.coco', reason='pycocotools is not installed')
    write_coco(tmp_path / 'x.json', manifest_to_coco(manifest, tmp_path))
    read = coco.COCO(str(tmp_path / 'x.json'))
    horns = read.getAnnIds(catIds=read.getCatIds(['Horn']))
    assert [read.anns[i]['area'] for i in horns] == [200.0, 25.0]


def test_frames_in_a_video_are_refused(manifest, tmp_path):
    entry = manifest['data_list'][0]
    del entry['frames']
    entry['video'] = 'a.mp4'
    with pytest.raises(DataError, match=r"clip 'a' has its frames in a video \(a\.mp4\)"):
        manifest_to_coco(manifest, tmp_path)
