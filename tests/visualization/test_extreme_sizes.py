"""Strips, single pixels, single cells and maps without cells: drawn, however thin."""

import itertools

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from PIL import Image, ImageDraw

from mmavl.evaluation.map_boxes import boxes_of_map
from mmavl.registry import VISUALIZERS
from mmavl.structures import AVDataSample
from mmavl.visualization import drawing
from mmavl.visualization.colours import Colours
from mmavl.visualization.contact_sheet import contact_sheet
from mmavl.visualization.layout import Panel, compose_row, draw_legend_strip
from mmavl.visualization.spectrogram import Spectrogram, draw_spectrogram
from mmavl.visualization.video_frame import View, frame_size, render_frame, strip_height

#: Width and height.
SIZES = [(1, 1), (2, 1), (1, 3), (1920, 20), (2000, 10), (1000, 2), (10, 2000), (40000, 1), (1, 9)]
MAPS = {
    'block': np.pad(np.ones((3, 4), np.float32), ((12, 1), (4, 8))),
    'cell': np.ones((1, 1), np.float16),
    'row': np.array([[0.0, 1.0, 0.0, 0.5]]),
    'column': np.array([[0.0], [1.0]]),
    'constant': np.full((7, 7), 3.0),
    'empty': np.zeros((0, 5), np.float32),
}
LABELS = ('sounding', 'silent', 'peak', 'heat', 'decibels', 'mask')


def image_of(width, height):
    return np.full((height, width, 3), 90, np.uint8)


def view_of(label, heat):
    boxes = {(label, n): box.xyxy for n, box in enumerate(boxes_of_map(heat, (1, 1)))}
    return View({label: heat}, {label: 1.0}, boxes, {label: 1.0})


def sample_of(width, height, heats):
    sample = AVDataSample(metainfo={'clip_id': 'x' * 300, 'input_shape': (height, width)})
    boxes = [[0.0, 0.0, width, height], [width, height, width, height], [0.2, 0.2, 0.3, 0.3]]
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor(boxes),
        labels=torch.zeros(3, dtype=torch.long),
        sounding=torch.tensor([True, False, True]),
        names=['a very long name of an instrument', 'b', ''],
    )
    sample.pred_maps = PixelData(data=torch.as_tensor(np.stack(heats), dtype=torch.float32))
    sample.map_labels = torch.zeros(len(heats), dtype=torch.long)
    return sample


@pytest.mark.parametrize('size', SIZES)
def test_a_videos_frame_of_any_shape_has_heat_boxes_and_strip(size):
    shown = frame_size(*size, 640)
    for label, heat in MAPS.items():
        drawn = render_frame(image_of(*size), view_of(label, heat), Colours(), shown, 1.0)
        assert drawn.shape == (shown[1] + strip_height(shown), shown[0], 3)


@pytest.mark.parametrize('size', [(1920, 20), (20, 1920)])
def test_of_a_strip_the_heat_is_drawn_and_the_clock_stays_readable(size):
    shown = frame_size(*size, 640)
    plain = render_frame(image_of(*size), View(), Colours(), shown, 0.0)
    drawn = render_frame(image_of(*size), view_of('a', MAPS['block']), Colours(), shown, 0.0)
    assert (drawn[: shown[1]] != plain[: shown[1]]).any()
    clock = np.s_[shown[1] :, :40]
    assert np.array_equal(drawn[clock], plain[clock])


@pytest.mark.parametrize('size', SIZES)
def test_boxes_of_a_map_lie_in_a_frame_of_any_shape(size):
    for heat in MAPS.values():
        for box in boxes_of_map(heat, size):
            left, top, right, bottom = box.xyxy
            assert 0 <= left < right <= size[0]
            assert 0 <= top < bottom <= size[1]
    assert boxes_of_map(MAPS['block'], size)
    assert boxes_of_map(MAPS['empty'], size) == boxes_of_map(MAPS['constant'], size) == []


@pytest.mark.parametrize('size', SIZES)
def test_heat_peak_and_boxes_are_drawn_on_an_image_of_any_shape(size):
    image = image_of(*size)
    for heat in MAPS.values():
        drawn = drawing.overlay_heat(image, heat, 0.5)
        assert drawn.shape == image.shape
        if heat.size:
            x, y = drawing.peak_of(heat)
            drawing.draw_peak(drawn, x * size[0], y * size[1])
    edges = [(-5.0, -5.0, 0.0, 0.0), (0.0, 0.0, *map(float, size)), (0.4, 0.4, 0.5, 0.5)]
    for sounding in (True, False):
        drawn = drawing.draw_boxes(image, [(box, sounding, 'name') for box in edges])
        assert drawn.shape == image.shape
        assert (drawn != image).any()


@pytest.mark.parametrize('sounding', [True, False])
@pytest.mark.parametrize('box', [(5, 5, 5, 5), (3, 7, 30, 7), (9, 2, 9, 28), (4, 4, 5, 5)])
def test_a_box_without_width_or_height_is_seen(box, sounding):
    picture = Image.new('RGB', (40, 40), (128,) * 3)
    drawing.draw_box(ImageDraw.Draw(picture), box, sounding)
    assert (np.asarray(picture)[box[1], box[0]] != 128).any()


@pytest.mark.parametrize('size', SIZES)
def test_a_clip_of_any_shape_is_a_row(size):
    visualizer = VISUALIZERS.build({'type': 'AVVisualizer', 'name': f'extreme{size}'})
    for heat in MAPS.values():
        sample = sample_of(*size, [heat])
        picture = visualizer.draw(image_of(*size), sample, legend=False)
        assert picture.shape[0] == 342
        assert picture.std() > 10
    nothing = sample_of(*size, [MAPS['cell']])
    nothing.pred_maps = PixelData(data=torch.zeros(0, 4, 4))
    nothing.map_labels = torch.zeros(0, dtype=torch.long)
    assert visualizer.draw(image_of(*size), nothing).std() > 10


@pytest.mark.parametrize('heat', [*MAPS.values(), np.full((2, 2), np.nan)])
def test_a_mixture_is_drawn_whatever_map_guides_it(heat):
    visualizer = VISUALIZERS.build({'type': 'SeparationVisualizer', 'name': f'mix{id(heat)}'})
    waves = torch.rand(2, 3000)
    sample = AVDataSample(metainfo={'clip_id': 'a', 'sample_rate': 11025})
    sample.set_data({'mixture': waves.sum(0), 'gt_sources': waves, 'pred_sources': waves})
    sample.source_labels = torch.tensor([0, 1])
    sample.sources = [AVDataSample(), AVDataSample()]
    sample.guide_maps = torch.as_tensor(np.stack([heat, heat]), dtype=torch.float32)
    assert visualizer.draw([image_of(1920, 20), image_of(1, 9)], sample).std() > 10


@pytest.mark.parametrize('size', SIZES)
def test_panels_and_sheets_take_pictures_of_any_shape(size):
    fitted = drawing.fit_image(image_of(*size), 64)
    assert max(fitted.shape[0] / 64, fitted.shape[1] / 128) == pytest.approx(1, abs=0.02)
    row = compose_row([Panel(fitted, 'title', 'words')], None, 'x', 'y', list(LABELS), 64)
    assert contact_sheet([row, image_of(*size)], 2, 'title').std() > 5


@pytest.mark.parametrize('width', [1, 30, 300])
def test_a_legend_is_written_at_any_width(width):
    assert draw_legend_strip(list(LABELS), width).shape[1] == width


@pytest.mark.parametrize('length', [0, 1, 2000, 60000])
def test_a_sound_of_any_length_is_drawn_at_any_size(length):
    spectrogram = Spectrogram.of_waveform(np.zeros(length, np.float32), 16000)
    for width, height in itertools.product((1, 90), (18, 100)):
        assert draw_spectrogram(spectrogram, width, height).size == (width, height)
