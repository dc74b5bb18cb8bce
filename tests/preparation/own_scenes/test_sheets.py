import cv2
import numpy as np
import pytest
from PIL import Image

from mmavl.preparation.own_scenes.materials import Material
from mmavl.preparation.own_scenes.sheets import write_materials_sheet, write_scenes_sheet

COLOURS = {'bell': (40, 60, 220), 'cat': (40, 200, 40), 'dog': (220, 30, 30)}  # RGB


@pytest.fixture
def materials(tmp_path):
    found = []
    for label, colour in COLOURS.items():
        for number in range(3):
            picture = np.zeros((90, 120, 4), np.uint8)
            picture[..., :3] = colour[::-1]
            picture[20:70, 10:110, 3] = 255
            path = tmp_path / f'{label}{number}.png'
            cv2.imwrite(str(path), picture)
            name = f'{label}/{number}.png'
            found.append(Material('pictures', label, name, path, prepared=path))
    return found


def test_each_cut_out_is_drawn_on_the_sheet_with_its_class(materials, tmp_path):
    write_materials_sheet(tmp_path / 'a.png', materials)
    sheet = Image.open(tmp_path / 'a.png')
    height = sheet.height // 3  # a row for each class, by name
    for row, colour in enumerate(COLOURS.values()):
        for column in range(3):
            assert sheet.getpixel((112 * column + 55, height * row + 24 + 55)) == colour
        assert sheet.getpixel((112 * 3 + 55, height * row + 24 + 55)) == (255, 255, 255)


def test_scenes_are_drawn_with_their_boxes(tmp_path):
    Image.new('RGB', (100, 100), (10, 20, 200)).save(tmp_path / 'f.png')
    box = {'bbox': [0.2, 0.3, 0.4, 0.5], 'label': 'dog', 'sounding': True}
    entry = {'frames': ['f.png'], 'boxes': {'0': [box]}}
    write_scenes_sheet(tmp_path / 'a.png', tmp_path, [entry])
    sheet = np.asarray(Image.open(tmp_path / 'a.png').convert('RGB'))
    frame = np.argwhere((sheet == (10, 20, 200)).all(-1))
    top, left = frame.min(0)
    assert sheet[top + 55, left + 20].tolist() == [0, 190, 130]  # the left side of the box
