import pytest

from mmavl.datasets.mixture_list import draw_mixtures, frame_at, read_mixtures, write_mixtures
from mmavl.errors import DataError

CLASSES = ['Violin', 'Flute', 'Horn']


def test_a_written_list_is_read_as_it_was_a_mixture_a_line(tmp_path):
    mixtures = [[('a', 'Violin'), ('ü', 'Horn')], [('b', 'Flute', 0.25)]]
    write_mixtures(tmp_path / 'x.json', mixtures, {'split': 'test'})
    assert read_mixtures(tmp_path / 'x.json') == mixtures
    assert '[["b", "Flute", 0.25]]\n' in (tmp_path / 'x.json').read_text()


@pytest.mark.parametrize(
    'text',
    [
        '[]',
        '{"mixtures": []}',
        '{"mixtures": [[]]}',
        '{"mixtures": [["c1"]]}',
        '{"mixtures": [[["c1", "Horn", 1.5]]]}',
        'nothing',
        '3',
        '{"mixtures": [[["c1", "Horn", "x"]]]}',
        '{"mixtures": ' + '[' * 100_000,
        '{"mixtures": [[["c1", "Horn", NaN]]]}',
        '{"mixtures": [[["c1", "Horn", ' + '9' * 5000 + ']]]}',
    ],
)
def test_a_file_that_is_no_list_is_named(tmp_path, text):
    (tmp_path / 'list.json').write_text(text)
    with pytest.raises(DataError, match=r'list\.json'):
        read_mixtures(tmp_path / 'list.json')


def test_a_missing_list_says_what_writes_one(tmp_path):
    with pytest.raises(DataError, match='make_mixtures'):
        read_mixtures(tmp_path / 'missing.json')


def test_drawn_mixtures_are_of_different_clips_and_classes_and_depend_on_the_seed():
    entries = [
        {'clip_id': f'c{i}', 'tags': [CLASSES[i % 3]], 'sources': {CLASSES[i % 3]: ''}}
        for i in range(12)
    ]
    mixtures = draw_mixtures(entries, 2, 6, levels=[1], seed=0)
    assert len({clip for mixture in mixtures for clip, _ in mixture}) == 12  # each once
    assert all(len({name for _, name in mixture}) == 2 for mixture in mixtures)
    assert draw_mixtures(entries, 2, 6, [1], seed=0) == mixtures
    assert draw_mixtures(entries, 2, 6, [1], seed=1) != mixtures
    assert len(draw_mixtures(entries, 3, 20, [1], seed=0)) == 20  # sources come again
    for size, levels in ((4, [1]), (2, [2])):
        with pytest.raises(DataError, match='allow no mixture'):
            draw_mixtures(entries, size, 1, levels, seed=0)


def test_places_are_shares_of_what_lies_inside_the_margin():
    entry = {'duration': 20.0, 'fps': 8, 'frames': [f'{index}.jpg' for index in range(160)]}
    assert [frame_at(entry, place) for place in (0.0, 0.5, 1.0)] == [24, 80, 136]
    short = {'duration': 4.0, 'fps': 2, 'frames': ['a'] * 8}
    assert [frame_at(short, place) for place in (0.0, 1.0)] == [4, 4]
