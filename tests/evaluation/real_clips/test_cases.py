import json

import pytest

from mmavl.errors import DataError
from mmavl.evaluation.real_clips import Mark, read_cases

CASE = {
    'file': 'clips/a.mp4',
    't': 2.5,
    'label': 'dog barking',
    'box': [0.1, 0.2, 0.5, 1],
    'silent_boxes': [{'label': 'cat', 'box': [0.6, 0.2, 0.9, 0.8]}],
    'other_sounding': [{'label': 'radio', 'box': [0, 0, 0.1, 0.1], 'class15': None}],
    'class15': None,
}


def write(folder, *cases):
    (folder / 'cases.json').write_text(json.dumps(cases), encoding='utf-8')
    return folder / 'cases.json'


def test_a_case_is_read_with_its_marks(tmp_path):
    (case,) = read_cases(write(tmp_path, CASE))
    assert case.file == tmp_path / 'clips/a.mp4'
    assert (case.time, case.sources) == (2.5, 2)
    assert case.mark == Mark('dog barking', (0.1, 0.2, 0.5, 1.0))
    assert case.mark.area == pytest.approx(0.4 * 0.8)
    assert [mark.label for mark in case.silent + case.others] == ['cat', 'radio']


def test_a_class_may_be_named_in_two_ways(tmp_path):
    path = write(
        tmp_path, {**CASE, 'class15': 'Drum'}, {**CASE, 'class': 'Dog', 'class15': 'Drum'}
    )
    assert [case.mark.class_name for case in read_cases(path)] == ['Drum', 'Dog']


def test_a_picture_has_a_sound_in_place_of_a_second(tmp_path):
    picture = {**CASE, 'file': 'a.png', 'audio': '../b.wav', 't': None}
    case, clip = read_cases(write(tmp_path, picture, CASE))
    assert (case.audio, case.time) == (tmp_path / '../b.wav', None)
    assert case.clip == {'image': f'{tmp_path}/a.png', 'audio': f'{tmp_path}/../b.wav'}
    assert case.frame == (f'{tmp_path}/a.png', f'{tmp_path}/../b.wav', None)
    assert clip.clip == {'video': f'{tmp_path}/clips/a.mp4', 'time': 2.5}
    assert clip.frame == (f'{tmp_path}/clips/a.mp4', f'{tmp_path}/clips/a.mp4', 2.5)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            {'box': [0.5, 0.2, 0.1, 1]},
            r'case 2: box=\[0.5, 0.2, 0.1, 1\] must be xyxy from 0 to 1',
        ),
        ({'box': [10, 20, 50, 100]}, r'case 2: box=.* must be xyxy from 0 to 1'),
        ({'box': [0.1, 0.2, 0.5]}, r'case 2: box=\[0.1, 0.2, 0.5\] is not four numbers'),
        ({'box': None}, 'case 2: box=None is not four numbers'),
        ({'t': -1}, 'case 2: t=-1 is not a second'),
        ({'t': '3'}, "case 2: t='3' is not a second"),
        ({'audio': 3, 't': None}, 'case 2: audio=3 is not a text'),
        ({'audio': 'a.wav'}, 'case 2 has both audio and t'),
        ({'file': ''}, "case 2: file='' is not a text"),
        ({'label': 7}, 'case 2: label=7 is not a text'),
        ({'sources': 0}, 'case 2: sources=0 is not a number of sources'),
        ({'class': 3}, 'case 2: class=3 is not a name'),
        ({'silent_boxes': 'cat'}, "case 2: silent_boxes is not a list of objects: 'cat'"),
        ({'silent_boxes': [{'label': 'cat'}]}, 'case 2, silent_boxes 1: box=None'),
    ],
)
def test_a_wrong_field_is_named_with_its_case_and_value(tmp_path, change, message):
    with pytest.raises(DataError, match=rf'cases.json, {message}'):
        read_cases(write(tmp_path, CASE, {**CASE, **change}))


@pytest.mark.parametrize('text', ['{}', '[]', '[1]', 'no json'])
def test_what_is_no_list_of_cases_is_refused(tmp_path, text):
    (tmp_path / 'cases.json').write_text(text)
    with pytest.raises(DataError, match=r'cases\.json'):
        read_cases(tmp_path / 'cases.json')
