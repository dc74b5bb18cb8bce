import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmavl.visualization import drawing


def canvas(width=100, height=80, shade=128):
    return Image.new('RGB', (width, height), (shade,) * 3)


def test_min_max_stretches_and_a_constant_map_becomes_zero():
    assert drawing.min_max(np.array([2.0, 3.0, 4.0])).tolist() == [0, 0.5, 1]
    assert drawing.min_max(np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]


def test_heat_is_the_colormaps_ends_at_the_maps_ends_and_the_frame_loses_its_colours():
    image = np.zeros((4, 8, 3), np.uint8)
    image[..., 0] = 200  # red; its grey value is 0.299 * 200 = 60
    heat = np.array([[-5.0, 3.0]])
    plain = drawing.overlay_heat(image, heat, alpha=0.0)
    assert (plain == 60).all()
    mixed = drawing.overlay_heat(image, heat, alpha=0.5)
    low, high = drawing.colourise(np.array([0.0, 1.0]), 'inferno').astype(float)
    assert mixed[0, 0].tolist() == pytest.approx(((60 + low) / 2).tolist(), abs=1)
    assert mixed[0, -1].tolist() == pytest.approx(((60 + high) / 2).tolist(), abs=1)


def test_a_float16_map_can_be_drawn():
    image = np.zeros((8, 8, 3), np.uint8)
    heat = np.zeros((4, 4), np.float16)
    heat[0, 3] = 1
    brightness = drawing.overlay_heat(image, heat, 1.0).sum(-1)
    assert np.unravel_index(brightness.argmax(), (8, 8)) == (0, 7)


def test_peak_is_the_centre_of_the_largest_cell():
    heat = np.zeros((4, 8))
    heat[1, 6] = 1
    assert drawing.peak_of(heat) == (6.5 / 8, 1.5 / 4)


def test_a_sounding_box_is_a_solid_green_line_on_its_coordinates():
    picture = canvas()
    drawing.draw_box(ImageDraw.Draw(picture), (20, 10, 60, 50), sounding=True)
    pixels = np.asarray(picture)
    for edge in (pixels[10, 20:61], pixels[50, 20:61], pixels[10:51, 20], pixels[10:51, 60]):
        assert (edge == drawing.SOUNDING).all()
    assert (pixels[30, 40] == 128).all()
    assert (pixels[30, 17] == 128).all()


def test_a_silent_box_is_a_dashed_grey_line():
    picture = canvas()
    drawing.draw_box(ImageDraw.Draw(picture), (20, 10, 60, 50), sounding=False)
    edge = np.asarray(picture)[10, 20:60]
    grey = (edge == drawing.SILENT).all(-1)
    assert grey[0]
    assert 0.4 < grey.mean() < 0.8
    assert not (np.asarray(picture) == drawing.SOUNDING).all(-1).any()


def test_labels_keep_off_each_other_and_inside_the_picture():
    picture = canvas(120, 120)
    taken = []
    for box in ((2, 30, 60, 80), (2, 30, 61, 81), (70, 0, 119, 119), (70, 100, 119, 119)):
        drawing.place_label(ImageDraw.Draw(picture), 'Violin', box, True, taken)
    assert len(taken) == 4
    for index, (x0, y0, x1, y1) in enumerate(taken):
        assert min(x0, y0) >= 0
        assert max(x1, y1) <= 120
        for other in taken[:index]:
            assert x1 <= other[0] or other[2] <= x0 or y1 <= other[1] or other[3] <= y0


def test_long_text_is_cut_to_the_width():
    face = drawing.font(12)
    text = drawing.fit_text('Glockenspiel ' * 9, face, 100)
    assert text.endswith('…')
    assert face.getlength(text) <= 100
    assert drawing.fit_text('Horn', face, 100) == 'Horn'


def test_any_text_is_one_line_that_can_be_drawn(awkward_names):
    face = drawing.font(12)
    for text in (*awkward_names, 'n' * 10**6, '\u0301' * 10**5):
        fitted = drawing.fit_text(f'a{text}', face, 200)
        assert face.getlength(fitted) <= 200
        assert fitted.isprintable()
        image = np.zeros((20, 40, 3), np.uint8)
        drawing.draw_boxes(image, [((1, 1, 30, 15), True, text)])


@pytest.mark.parametrize('box', [(3, 1, 3, 1), (0, 0, 500, 1), (5, 5.4, 5, 4.6)])
@pytest.mark.parametrize('sounding', [True, False])
def test_a_box_of_no_width_or_height_is_drawn(box, sounding):
    drawn = drawing.draw_boxes(np.zeros((4, 600, 3), np.uint8), [(box, sounding, 'x')])
    assert drawn.any()


@pytest.mark.parametrize(
    ('shape', 'expected'),
    [((100, 100), (256, 256)), ((360, 640), (256, 455)), ((100, 1000), (51, 512))],
)
def test_images_keep_their_aspect_ratio(shape, expected):
    assert drawing.fit_image(np.zeros((*shape, 3), np.uint8), 256).shape[:2] == expected


def test_png_holds_the_pixels_under_a_non_ascii_path(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    path = tmp_path / 'Flügelhorn-笛' / 'é.png'
    drawing.write_png(path, image)
    assert (np.asarray(Image.open(path)) == image).all()
    assert [p.name for p in path.parent.iterdir()] == ['é.png']


def contrast(a, b):
    def luminance(colour):
        c = np.array(colour) / 255
        c = np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return c @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ('ink', 'ground'),
    [
        (drawing.PAPER, drawing.SOUNDING_LABEL),
        (drawing.PAPER, drawing.SILENT_LABEL),
        (drawing.FAINT, drawing.PAPER),
    ],
)
def test_text_is_readable_by_the_wcag_contrast(ink, ground):
    assert contrast(ink, ground) >= 4.5


def test_a_jpeg_keeps_thin_lines_in_their_colours_and_is_small(tmp_path):
    image = np.full((200, 300, 3), 255, np.uint8)
    image[:, 100:102] = drawing.SOUNDING
    draw = np.random.default_rng(0)
    blobs = cv2.resize(draw.uniform(0, 255, (10, 10, 3)), (100, 100)) + draw.normal(
        0, 3, (100, 100, 3)
    )
    image[50:150, 150:250] = blobs.clip(0, 255)
    drawing.write_jpeg(tmp_path / 'a.jpg', image)
    drawing.write_png(tmp_path / 'a.png', image)
    read = np.asarray(Image.open(tmp_path / 'a.jpg')).astype(int)
    assert np.abs(read[:, 100:102] - np.array(drawing.SOUNDING)).max() < 30
    assert (np.abs(read[:, 120:140] - 255) < 3).all()
    sizes = [(tmp_path / f'a.{kind}').stat().st_size for kind in ('jpg', 'png')]
    assert sizes[0] < sizes[1] / 2
    assert (tmp_path / 'a.jpg').read_bytes() == drawing.jpeg_bytes(image)
