import pickle

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.published import read_flickr_boxes, read_name_list

XML = """<annotation><bbox><annotator>7</annotator><xmin>10</xmin><ymin>20</ymin><xmax>110</xmax>
<ymax>220.5</ymax></bbox><bbox><x>1</x><y>2</y><x2>3</x2><y2>4</y2></bbox></annotation>"""


def test_the_last_four_numbers_of_an_xml_box_are_its_corners(tmp_path):
    (tmp_path / '3908.xml').write_text(XML)
    (tmp_path / '._3908.xml').write_bytes(b'\0\5\x16\7Mac OS X')
    boxes = read_flickr_boxes(tmp_path)
    assert {name: rows.tolist() for name, rows in boxes.items()} == {
        '3908': [[10, 20, 110, 220.5], [1, 2, 3, 4]]
    }


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('<annotation><bbox><x>1</x></bbox></annotation>', 'has a bbox of fewer than four'),
        ('<annotation>', 'is not valid XML'),
        ('<?xml version="1.0" encoding="klingon"?><a/>', 'is not valid XML'),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', 'is not valid XML'),
        ('', 'is not valid XML'),
    ],
)
def test_a_broken_xml_file_names_itself(tmp_path, text, message):
    (tmp_path / 'a.xml').write_text(text)
    with pytest.raises(DataError, match=rf'a\.xml {message}'):
        read_flickr_boxes(tmp_path)


def entry(name, boxes=(('1', '2', '3', '4'),)):
    return {'visual': f'./Data/0/{name}', 'anno': np.array(boxes)}


def test_a_pair_that_is_there_twice_is_named_and_the_first_one_counts(tmp_path):
    content = {0: entry('7.jpg'), 1: entry('7.png', [['5', '6', '7', '8']])}
    (tmp_path / 'gt.pkl').write_bytes(pickle.dumps(content))
    duplicates = []
    assert read_flickr_boxes(tmp_path / 'gt.pkl', duplicates)['7'].tolist() == [[1, 2, 3, 4]]
    assert [name for name, _ in duplicates] == ['7']


@pytest.mark.parametrize(
    'content',
    [
        {0: entry('..')},
        {0: entry('7.jpg', [['1', '2']])},
        {0: entry('7.jpg', [['1', '2', '3', 'x']])},
        {0: {'visual': 3, 'anno': np.zeros((1, 4))}},
        {0: {'visual': 'a.jpg', 'anno': None}},
        {0: None},
        [1],
        'text',
    ],
)
def test_another_pickle_is_not_the_annotation(tmp_path, content):
    (tmp_path / 'gt.pkl').write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match=r'gt\.pkl'):
        read_flickr_boxes(tmp_path / 'gt.pkl')


def test_a_list_of_files_is_read_as_names(tmp_path):
    path, duplicates = tmp_path / 'x.txt', []
    path.write_bytes(b'\xef\xbb\xbfData/1.mp4\r\n\n  2.jpg \nC:\\Data\\3\n1.png\n')
    assert read_name_list(path, duplicates) == ['1', '2', '3']
    assert [name for name, _ in duplicates] == ['1']


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'lists no file'),
        (b'caf\xe9.jpg\n', 'is not a list of files'),
        (b'..\n', 'it would lead to another folder'),
        (b'x' * 300, 'it is too long for a file name'),
        (b'a\0b\n', 'it would lead to another folder'),
    ],
)
def test_a_broken_list_of_files_names_itself(tmp_path, content, message):
    (tmp_path / 'x.txt').write_bytes(content)
    with pytest.raises(DataError, match=rf'x\.txt.*{message}'):
        read_name_list(tmp_path / 'x.txt')
