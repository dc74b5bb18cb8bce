from PIL import Image

from mmavl.datasets.converters.report import Report
from mmavl.datasets.own_scenes.materials import find_materials, prepare
from mmavl.datasets.own_scenes.sheets import write_materials_sheet


def test_each_cut_out_is_drawn_on_the_sheet(material, tmp_path):
    found = find_materials('pictures', material / 'pictures', True, Report())
    write_materials_sheet(tmp_path / 'a.png', prepare(found, tmp_path / 'out', 0, 60, Report()))
    sheet = Image.open(tmp_path / 'a.png')
    height = sheet.height // 3  # a row for each class, by name
    for row, colour in enumerate([(40, 60, 220), (40, 200, 40), (220, 30, 30)]):
        for column in range(3):
            middle = sheet.getpixel((112 * column + 55, height * row + 24 + 55))
            assert max(abs(a - b) for a, b in zip(middle, colour)) < 25
        assert sheet.getpixel((112 * 3 + 55, height * row + 24 + 55)) == (255, 255, 255)
