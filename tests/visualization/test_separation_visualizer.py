import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from mmavl.evaluation.separation import MixtureScores
from mmavl.registry import VISUALIZERS
from mmavl.structures import AVDataSample
from mmavl.visualization.drawing import SOUND_COLOURS, SOUNDING, colourise
from mmavl.visualization.layout import GAP, MARGIN

RATE = 11025
FRAME = np.full((64, 64, 3), 60, np.uint8)
SIDE, WIDE = 208, 260  # of a frame and of a spectrogram
TOP = 34 + MARGIN + 26 + 36
LEFT = MARGIN + SIDE + GAP


def tone(hertz, level=0.4):
    return level * torch.sin(2 * torch.pi * hertz * torch.arange(3 * RATE) / RATE)


def sample(**fields):
    """A low and a high tone, rightly separated."""
    sources = torch.stack([tone(200), tone(3000)])
    item = AVDataSample(metainfo={'clip_id': '0: a + b', 'sample_rate': RATE})
    item.set_data({'mixture': sources.sum(0), 'gt_sources': sources, 'pred_sources': sources})
    item.source_labels = torch.tensor([1, 0])
    item.sources = [AVDataSample(), AVDataSample()]
    item.set_data(fields)
    return item


def plot(picture, row, column):
    """Pixels of a spectrogram without its axis and the words at its left."""
    top = TOP + row * (2 * MARGIN + 26 + 36 + SIDE)
    left = LEFT + column * (WIDE + GAP)
    return picture[top : top + SIDE - 17, left + 70 : left + WIDE - 10].astype(int)


@pytest.fixture
def visualizer():
    built = VISUALIZERS.build({'type': 'SeparationVisualizer', 'name': 'separation'})
    built.dataset_meta = {'classes': ['Horn', 'Violin']}
    return built


def brightest_rows(pixels):
    return pixels.sum((1, 2)).argmax() / len(pixels)


def test_each_source_has_a_row_with_its_own_frequencies(visualizer):
    picture = visualizer.draw([FRAME, FRAME], sample())
    low, high = (plot(picture, row, 3) for row in (0, 1))
    # log scale: 200 Hz lies in the lower half, 3 kHz in the upper quarter
    assert brightest_rows(low) > 0.5
    assert brightest_rows(high) < 0.25
    assert np.array_equal(plot(picture, 0, 2), low)  # the estimate is the reference
    assert np.array_equal(plot(picture, 0, 0), plot(picture, 1, 0))  # the mixture
    assert not np.array_equal(plot(picture, 0, 0), low)


def test_all_spectrograms_of_a_mixture_have_one_scale_of_colours(visualizer):
    sources = torch.stack([tone(200), tone(200, 0.004)])  # 40 dB less
    item = sample(gt_sources=sources, mixture=sources[0])
    picture = visualizer.draw([FRAME, FRAME], item)
    loud, soft = plot(picture, 0, 3), plot(picture, 1, 3)
    assert abs(loud.max((0, 1)) - colourise(np.ones(1), SOUND_COLOURS)[0]).max() < 12
    expected = colourise(np.full(1, 20 / 60), SOUND_COLOURS)[0].astype(int)
    row = soft[round(brightest_rows(soft) * len(soft))].mean(0)
    assert abs(row - expected).max() < 25


def test_masks_are_the_models_or_else_the_estimates_share_of_the_mixture(visualizer):
    given = torch.zeros(2, 256, 130)
    given[0, :128] = 1  # low frequencies
    mask = plot(visualizer.draw([FRAME, FRAME], sample(pred_masks=given)), 0, 1)
    inner = mask[5:-5]
    assert inner[:80].max() == 0
    assert inner[-80:].min() == 255
    mask = plot(visualizer.draw([FRAME, FRAME], sample()), 0, 1)[5:-5]
    assert mask.max() > 200
    assert brightest_rows(mask) > 0.5
    assert mask[: len(mask) // 4].max() < 40  # nothing of the high tone


def test_the_guiding_map_lies_over_the_frame_in_grey_with_the_own_box(visualizer):
    maps = torch.zeros(2, 8, 8)
    maps[:, 1, 6] = 1
    source = AVDataSample(metainfo={'input_shape': (64, 64)})
    source.gt_instances = InstanceData(
        bboxes=torch.tensor([[32.0, 0, 60, 28], [2, 40, 20, 60]]),
        labels=torch.tensor([1, 0]),
        sounding=torch.tensor([True, False]),
        names=['Violin', 'Horn'],
    )
    picture = visualizer.draw([FRAME, None], sample(guide_maps=maps, sources=[source, source]))
    frame = picture[TOP : TOP + SIDE, MARGIN : MARGIN + SIDE].astype(int)
    assert frame[: SIDE // 2, SIDE // 2 :].max() > 200
    assert frame[SIDE // 2 :, : SIDE // 2].max() < 60
    assert (frame[45, 104] == SOUNDING).all()
    below = TOP + 2 * MARGIN + 26 + 36 + SIDE
    assert (picture[below + 100, MARGIN + 100] == 235).all()  # no frame


def test_a_silent_mixture_is_drawn_dark(visualizer):
    zeros = torch.zeros(2, 3 * RATE)
    scores = MixtureScores('0: a + b', [1, 0], {'model': [[float('nan')] * 4] * 2})
    item = sample(mixture=zeros[0], gt_sources=zeros, pred_sources=zeros)
    picture = visualizer.draw([FRAME, FRAME], item, scores=scores)
    assert plot(picture, 0, 1)[2:-2].max() == 0


def test_without_references_there_is_no_panel_of_them(visualizer):
    whole = visualizer.draw([FRAME, FRAME], sample())
    without = visualizer.draw([FRAME, FRAME], sample(), draw_gt=False)
    assert whole.shape[1] - without.shape[1] == WIDE + GAP
