import json

import pytest

pytest.importorskip('mmdet', reason='mmdet is not installed')

from mmavl.detection import DetectedBox, Journal, box_references, require_classes, sounding_tags
from mmavl.errors import ConfigError, DataError

VIOLIN = DetectedBox('Violin', (0.1, 0.2, 0.3, 0.4), 0.9)
HORN = DetectedBox('Horn', (0.5, 0.5, 0.5, 0.5), 0.6)


def test_a_class_that_is_not_heard_is_kept_as_silent():
    assert box_references({'tags': ['Violin']}, [HORN, VIOLIN]) == [
        {'bbox': [0.5, 0.5, 0.5, 0.5], 'label': 'Horn', 'sounding': False, 'score': 0.6},
        {'bbox': [0.1, 0.2, 0.3, 0.4], 'label': 'Violin', 'sounding': True, 'score': 0.9},
    ]


def test_a_probability_counts_as_heard_above_one_half():
    tags = {'Violin': 0.5, 'Horn': 0.51}
    assert sounding_tags({'tags': tags}) == {'Horn'}


def test_the_order_of_the_classes_is_free():
    require_classes(['Horn', 'Violin'], ['Violin', 'Horn'], 'x.json')


@pytest.mark.parametrize(
    ('detector', 'message'),
    [
        (['Violin'], 'it lacks Horn. Train'),
        (['Violin', 'Horn', 'Cat'], 'it has Cat, which the manifest does not have. Train'),
        (['French horn', 'Violin'], 'lacks Horn; it has French horn, which'),
        (['Violin', 'Horn', *'abcdefg'], 'a, b, c, d, e and 2 more'),
    ],
)
def test_a_detector_of_other_classes_is_refused(detector, message):
    with pytest.raises(ConfigError, match=rf'manifest x\.json: .*{message}'):
        require_classes(detector, ['Violin', 'Horn'], 'x.json')


def test_a_journal_goes_on_and_forgets_a_line_that_was_cut_off(tmp_path):
    path = tmp_path / 'new/x.jsonl'
    journal = Journal(path, {'score': 0.5})
    journal.add('a', {'0': []})
    journal.add('ü', {'0': [{'label': 'Horn'}]})
    with path.open('a') as file:
        file.write('{"clip_id": "c", "box')
    again = Journal(path, {'score': 0.5})
    assert again.done == {'a': {'0': []}, 'ü': {'0': [{'label': 'Horn'}]}}
    again.add('c', {})
    assert list(Journal(path, {'score': 0.5}).done) == ['a', 'ü', 'c']
    again.remove()
    assert not path.exists()


@pytest.mark.parametrize('content', ['', json.dumps({'settings': {'score': 0.4}}) + '\n', 'x'])
def test_a_journal_of_another_run_is_refused(tmp_path, content):
    (tmp_path / 'x.jsonl').write_text(content)
    with pytest.raises(DataError, match=r'x\.jsonl .*delete it, or choose another --out'):
        Journal(tmp_path / 'x.jsonl', {'score': 0.5})


@pytest.mark.parametrize('line', ['{', '[]', '{"clip_id": "a"}', '{"clip_id": [], "boxes": 1}'])
def test_a_damaged_line_of_a_journal_is_named(tmp_path, line):
    path = tmp_path / 'x.jsonl'
    Journal(path, {})
    path.write_text(path.read_text() + line + '\n')
    with pytest.raises(DataError, match=r'x\.jsonl, line 2 is damaged .*: delete the file'):
        Journal(path, {})
