import cv2
import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.scenes.instruments.classes import CLASSES
from mmavl.scenes.instruments.pictures import (
    PictureReader,
    decode,
    load_pictures,
    put_on_paper,
    split_names,
)
from mmavl.scenes.pixels import trim

SHARED = {'Harmonica', 'Oboe'}  # there is one picture of each


def test_pictures_of_train_val_and_test_are_others_where_a_class_has_two():
    train, val, test = (split_names(split) for split in ('train', 'val', 'test'))
    for label in set(CLASSES) - SHARED:
        assert not set(train[label]) & set(val[label])
        assert not set(train[label]) & set(test[label])
        assert not set(val[label]) & set(test[label])
    assert all(train[label] == val[label] == test[label] for label in SHARED)
    assert split_names('test_shift') == test


def test_without_the_emoji_sets_every_split_still_has_every_class():
    available = frozenset({'gcompris', 'tuxpaint', 'openclipart'})
    for split in ('train', 'val', 'test', 'test_shift'):
        names = split_names(split, available)
        assert set(names) == set(CLASSES)
        assert all(name.split(':')[0] in available for part in names.values() for name in part)
    assert split_names('test', available)['Banjo'] == ['gcompris:banjo.svg']  # shared now
    assert split_names('test', available)['Cello'] == ['tuxpaint:string/cello.png']


def test_a_class_without_any_picture_is_named():
    with pytest.raises(DataError, match='no picture of Banjo for train'):
        split_names('train', frozenset({'tuxpaint'}))


def test_an_svg_is_rasterised_with_its_transparency():
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20">'
        b'<rect x="10" y="5" width="20" height="10" fill="#ff0000"/></svg>'
    )
    picture = decode(svg, 'a.svg')
    assert picture.shape == (240, 480, 4)
    assert picture[120, 240].tolist() == [0, 0, 255, 255]
    assert picture[10, 10, 3] == 0
    assert trim(picture, 'a.svg').shape == (120, 240, 4)


@pytest.mark.parametrize('shape', [(4, 6), (4, 6, 3), (4, 6, 4)])
@pytest.mark.parametrize('kind', [np.uint8, np.uint16])
def test_grey_colour_and_16_bit_files_become_bgra(shape, kind):
    value = 200 if kind == np.uint8 else 200 * 257
    raw = cv2.imencode('.png', np.full(shape, value, kind))[1].tobytes()
    picture = decode(raw, 'a.png')
    assert picture.shape == (4, 6, 4)
    assert (picture[..., :3] == 200).all()
    assert picture[0, 0, 3] == (200 if shape[-1] == 4 else 255)


def test_what_is_no_picture_is_named():
    with pytest.raises(DataError, match=r'b\.png is not a readable picture'):
        decode(b'nonsense', 'b.png')


def test_paper_fills_an_outline_and_leaves_the_outside_empty():
    drawing = np.zeros((200, 200, 4), np.uint8)
    cv2.circle(drawing, (100, 100), 60, (0, 0, 0, 255), 3)
    drawing[100, 30:60] = 0  # a gap in the outline
    filled = put_on_paper(drawing)
    assert filled[100, 100].tolist() == [255, 255, 255, 255]
    assert filled[40, 100].tolist() == [0, 0, 0, 255]  # the line itself
    assert filled[5, 5, 3] == 0


def test_backgrounds_of_the_splits_are_disjoint_and_leave_none_out(materials):
    reader = PictureReader(materials)
    names = {
        split: [name for name, _ in reader.photographs(split)]
        for split in ('train', 'val', 'test', 'test_shift')
    }
    assert names['test'] == names['test_shift']
    assert [len(names[split]) for split in ('train', 'val', 'test')] == [64, 21, 21]
    assert len({name for part in names.values() for name in part}) == 106


@pytest.mark.slow
@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_every_picture_of_the_table_can_be_read(materials, split):
    bank = load_pictures(materials, split)
    names = {label: [picture.name for picture in part] for label, part in bank.cutouts.items()}
    assert names == split_names(split)
    for part in bank.cutouts.values():
        assert all(p.pixels.shape[2] == 4 and max(p.pixels.shape) <= 192 for p in part)
