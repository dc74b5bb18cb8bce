import json

import pytest

from mmavl.errors import DataError
from mmavl.utils.published import (
    read_flickr_boxes,
    read_music_boxes,
    read_name_list,
    read_video_list,
)

XML = """<annotation><bbox><annotator>7</annotator><xmin>10</xmin><ymin>20</ymin><xmax>110</xmax>
<ymax>220.5</ymax></bbox><bbox><x>1</x><y>2</y><x2>3</x2><y2>4</y2></bbox></annotation>"""


def test_the_last_four_numbers_of_an_xml_box_are_its_corners(tmp_path):
    (tmp_path / '3908.xml').write_text(XML)
    boxes = read_flickr_boxes(tmp_path)
    assert {name: rows.tolist() for name, rows in boxes.items()} == {
        '3908': [[10, 20, 110, 220.5], [1, 2, 3, 4]]
    }


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('<annotation><bbox><x>1</x></bbox></annotation>', 'a bbox of fewer than four numbers'),
        ('<annotation>', 'is not valid XML'),
    ],
)
def test_a_broken_xml_file_names_itself(tmp_path, text, message):
    (tmp_path / 'a.xml').write_text(text)
    with pytest.raises(DataError, match=rf'a\.xml {message}|a\.xml has {message}'):
        read_flickr_boxes(tmp_path)


def test_a_list_of_files_is_read_as_names(tmp_path):
    (tmp_path / 'x.txt').write_text('Data/1.mp4\n\n  2.jpg \n3\n')
    assert read_name_list(tmp_path / 'x.txt') == ['1', '2', '3']


def test_videos_keep_their_order(tmp_path):
    path = tmp_path / 'x.json'
    path.write_text(json.dumps({'videos': {'cello': ['b', 'a']}}))
    assert read_video_list(path) == {'cello': ['b', 'a']}


@pytest.mark.parametrize('content', ['[]', '{}', '{"videos": {"cello": [1]}}', 'nothing'])
def test_another_file_is_no_list_of_videos(tmp_path, content):
    (tmp_path / 'x.json').write_text(content)
    with pytest.raises(DataError, match=r'x\.json is no list of MUSIC videos'):
        read_video_list(tmp_path / 'x.json')


def test_music_boxes_are_of_one_source_or_of_two(tmp_path):
    items = [
        {'file': 'a_001_00030', 'class': 'cello', 'bbox': [0.1, 0.2, 0.3, 0.4]},
        {
            'file': 'b_000_00000',
            'class_src1': 'flute',
            'bbox_src1': [0, 0, 1, 1],
            'class_src2': 'tuba',
            'bbox_src2': [0.5, 0.5, 0.5, 0.5],
        },
    ]
    (tmp_path / 'x.json').write_text(json.dumps(items))
    assert read_music_boxes(tmp_path / 'x.json') == [
        ('a_001_00030', [('cello', [0.1, 0.2, 0.3, 0.4])]),
        ('b_000_00000', [('flute', [0, 0, 1, 1]), ('tuba', [0.5, 0.5, 0.5, 0.5])]),
    ]
    (tmp_path / 'x.json').write_text('[{"class": "cello"}]')
    with pytest.raises(DataError, match=r'x\.json is not the published annotation'):
        read_music_boxes(tmp_path / 'x.json')
