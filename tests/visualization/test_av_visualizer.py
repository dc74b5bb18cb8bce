import numpy as np
import pytest
import soundfile
import torch
from mmengine.structures import InstanceData, PixelData
from PIL import Image

from mmavl.errors import DataError
from mmavl.registry import VISUALIZERS
from mmavl.structures import AVDataSample
from mmavl.visualization import AVVisualizer
from mmavl.visualization.av_visualizer import Boxes
from mmavl.visualization.drawing import SILENT, SOUNDING
from mmavl.visualization.layout import GAP, MARGIN
from mmavl.visualization.spectrogram import Spectrogram

FRAME = np.full((128, 128, 3), 60, np.uint8)
TOP = MARGIN + 26 + 36
SOUND = Spectrogram(np.random.default_rng(0).normal(size=(50, 16)), 5.0)


def sample(maps=(), labels=(), **fields):
    """Boxes in a 64 x 64 input: a violin sounds at the upper left, a horn is silent."""
    item = AVDataSample(metainfo=dict(clip_id='clip-é', input_shape=(64, 64)))
    item.gt_instances = InstanceData(
        bboxes=torch.tensor([[8.0, 8, 24, 24], [40, 40, 56, 56]]),
        labels=torch.tensor([0, 1]),
        sounding=torch.tensor([True, False]),
        names=['Violin', 'Horn'],
    )
    if len(labels):
        item.pred_maps = PixelData(data=torch.stack(list(maps)))
        item.map_labels = torch.tensor(labels)
    item.set_data(fields)
    return item


def heat(row, column):
    values = torch.zeros(8, 8)
    values[row, column] = 1
    return values


@pytest.fixture
def visualizer():
    built = VISUALIZERS.build(dict(type='AVVisualizer', name='test'))
    built.dataset_meta = dict(classes=['strings', 'wind'])
    return built


def panel(picture, index):
    left = MARGIN + index * (256 + GAP)
    return picture[TOP : TOP + 256, left : left + 256]


def test_boxes_stand_where_the_annotation_says_scaled_to_the_panel(visualizer):
    picture = visualizer.add_datasample('a', FRAME, sample(), spectrogram=SOUND)
    frame = panel(picture, 0)
    assert (frame[64, 32] == SOUNDING).all()  # 64-pixel input drawn at 256: times 4
    assert (frame[64, 96] == SOUNDING).all()
    assert (frame[202, 160] == SILENT).all()
    assert (frame[130, 128] == 60).all()


def test_without_gt_no_box_is_drawn(visualizer):
    picture = visualizer.add_datasample('a', FRAME, sample(), draw_gt=False)
    assert not (picture == SOUNDING).all(-1).any()


def test_each_map_has_a_panel_whose_heat_lies_on_its_maximum(visualizer):
    item = sample([heat(1, 6), heat(6, 2)], [0, 1])
    picture = visualizer.add_datasample('a', FRAME, item, spectrogram=SOUND, draw_gt=False)
    assert picture.shape[1] == 2 * MARGIN + 3 * 256 + 2 * GAP
    for index, (row, column) in ((1, (1, 6)), (2, (6, 2))):
        light = panel(picture, index).astype(int).sum(-1)
        x, y = (column + 0.5) * 32, (row + 0.5) * 32
        assert light[int(y) - 12 : int(y) + 12, int(x) - 12 : int(x) + 12].mean() > 2 * np.median(
            light
        )


def test_only_the_maps_own_class_has_its_box_on_it(visualizer):
    picture = visualizer.add_datasample('a', FRAME, sample([heat(4, 4)], [1]))
    assert not (panel(picture, 1) == SOUNDING).all(-1).any()
    assert (panel(picture, 1) == SILENT).all(-1).any()


def test_the_spectrogram_lies_beneath_across_the_width(visualizer):
    item = sample([heat(4, 4)], [0])
    without = visualizer.add_datasample('a', FRAME, item)
    picture = visualizer.add_datasample('a', FRAME, item, spectrogram=SOUND)
    assert picture.shape[0] - without.shape[0] == 110
    beneath = picture[TOP + 256 + GAP : TOP + 256 + GAP + 80, MARGIN:-MARGIN]
    assert beneath.std(axis=(0, 1)).max() > 20
    assert (beneath != 255).any(-1).mean() > 0.95


def test_the_sound_is_read_from_the_file_the_sample_names(visualizer, tmp_path):
    path = tmp_path / 'tön.wav'
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 8000), 8000)
    item = sample([heat(4, 4)], [0])
    item.set_metainfo(dict(audio_path=str(path)))
    picture = visualizer.add_datasample('a', FRAME, item)
    item.set_metainfo(dict(audio_path=str(tmp_path / 'gone.wav')))
    assert picture[TOP + 256 + GAP + 40, MARGIN:-MARGIN].std() > 10
    with pytest.raises(DataError, match=r'gone\.wav is missing'):
        visualizer.add_datasample('a', FRAME, item)


def test_titles_name_the_class_and_what_was_made_of_it(visualizer, monkeypatch):
    panels = []
    monkeypatch.setattr(
        'mmavl.visualization.av_visualizer.compose_row',
        lambda items, *rest: panels.extend(items) or FRAME,
    )
    item = sample(
        [heat(0, 0)] * 3,
        [1, 0, -1],
        gt_tags=torch.tensor([1.0, 0.0]),
        pred_tags=torch.tensor([0.25, 0.5]),
        pred_labels=torch.tensor([1]),
    )
    visualizer.add_datasample('a', FRAME, item)
    assert [p.title for p in panels] == ['frame', 'strings', 'wind', 'sound']
    assert [p.subtitle for p in panels] == [
        '1 sounding, 1 silent',
        'missed: audio 0.25',
        'false alarm: audio 0.50',
        '',
    ]


def test_the_header_names_the_clip_and_a_later_frame(visualizer, monkeypatch):
    titles = []
    monkeypatch.setattr(
        'mmavl.visualization.av_visualizer.compose_row',
        lambda panels, spectrogram, title, *rest: titles.append(title) or FRAME,
    )
    item = sample()
    visualizer.draw(FRAME, item)
    item.set_metainfo(dict(frame_index=7))
    visualizer.draw(FRAME, item)
    assert titles == ['clip-é', 'clip-é, frame 7']


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        (torch.full((4, 4), torch.nan), 'map has values that are not finite'),
        (torch.ones(4, 4), 'the map is constant'),
    ],
)
def test_a_map_that_shows_nothing_says_so(visualizer, monkeypatch, values, message):
    panels = []
    monkeypatch.setattr(
        'mmavl.visualization.av_visualizer.compose_row',
        lambda items, *rest: panels.extend(items) or FRAME,
    )
    visualizer.add_datasample('a', FRAME, sample([values], [0]))
    assert panels[1].subtitle == message


def test_of_several_maps_of_the_whole_sound_the_first_is_their_maximum(visualizer, monkeypatch):
    panels, captions = [], []

    def compose(items, spectrogram, title, caption, *rest):
        captions.append(caption)
        return panels.extend(items) or FRAME

    monkeypatch.setattr('mmavl.visualization.av_visualizer.compose_row', compose)
    maps = [heat(1, 1), 0.5 * heat(6, 6), 0.5 * heat(1, 6)]
    visualizer.max_maps = 3
    visualizer.draw(FRAME, sample(maps, [-1, -1, -1]), draw_gt=False)
    assert [panel.title for panel in panels] == ['frame', 'sound', 'source 1', 'source 2']
    assert captions == ['(and 1 more maps)']
    panels.clear()
    visualizer.draw(FRAME, sample([torch.stack(maps).amax(0)], [-1]), draw_gt=False)
    expected = panels[1].image
    panels.clear()
    visualizer.draw(FRAME, sample(maps, [-1, -1, -1]), draw_gt=False)
    assert (panels[1].image == expected).all()


def test_given_classes_come_first_and_the_rest_by_probability_up_to_the_limit(
    visualizer, monkeypatch
):
    visualizer.max_maps = 3
    item = sample(
        [heat(0, 0)] * 4,
        [0, 1, 2, 3],
        gt_tags=torch.tensor([0.0, 0, 0, 1]),
        pred_tags=torch.tensor([0.2, 0.1, 0.9, 0.3]),
    )
    panels = []
    monkeypatch.setattr(
        'mmavl.visualization.av_visualizer.compose_row',
        lambda items, *rest: panels.extend(items) or FRAME,
    )
    visualizer.draw(FRAME, item)
    assert [panel.title for panel in panels[1:]] == ['class 3', 'class 2', 'strings']


def test_a_frame_alone_and_any_aspect_ratio_can_be_drawn(visualizer, tmp_path):
    out = tmp_path / 'ö' / 'wide.png'
    picture = visualizer.add_datasample('a', np.zeros((90, 160, 3), np.uint8), out_file=str(out))
    assert picture.shape[1] == 2 * MARGIN + 455
    assert (np.asarray(Image.open(out)) == picture).all()


def test_pictures_go_to_the_backends(tmp_path):
    visualizer = AVVisualizer(vis_backends=[dict(type='LocalVisBackend')], save_dir=str(tmp_path))
    picture = visualizer.add_datasample('val_clip', FRAME, sample(), step=7)
    stored = tmp_path / 'vis_data' / 'vis_image' / 'val_clip_7.png'
    assert (np.asarray(Image.open(stored)) == picture).all()
    assert (visualizer.get_image() == picture).all()


def test_predicted_boxes_are_drawn_as_predictions():
    sample = AVDataSample(metainfo={'ori_shape': (10, 20)})
    sample.pred_instances = InstanceData(
        bboxes=torch.tensor([[2.0, 1.0, 10.0, 5.0]]), labels=torch.tensor([3]), names=['Harp']
    )
    assert Boxes.of_sample(sample, (20, 40)).items == [((4.0, 2.0, 20.0, 10.0), 3, True, 'Harp')]
    assert Boxes.of_sample(sample, (20, 40), predicted=False).items == []
    sample.gt_instances = InstanceData(
        bboxes=torch.zeros(1, 4), labels=torch.tensor([1]), sounding=torch.tensor([False])
    )
    assert [item[2] for item in Boxes.of_sample(sample, (20, 40)).items] == [False, True]
    assert len(Boxes.of_sample(sample, (20, 40), reference=False).items) == 1
