import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from PIL import Image

from mmavl.apis.clips import Clip
from mmavl.apis.localization import Localization
from mmavl.errors import DataError
from mmavl.models.naming import Naming
from mmavl.structures import AVDataSample

CLASSES = ['Violin', 'Horn', 'Drum']
CLIP = Clip('a b', 'a b.mp4', 'a b.mp4')


def sample_of(**fields):
    """A prediction for a frame 80 wide and 60 high; the map of 'Drum' has its top right on."""
    meta = {'ori_shape': (60, 80), 'time': 1.5, 'window': (1.0, 2.0)}
    sample = AVDataSample(metainfo=meta)
    maps = torch.zeros(1, 6, 8)
    maps[0, :3, 6:] = 0.25
    sample.pred_maps = PixelData(data=fields.pop('maps', maps))
    sample.map_labels = torch.tensor(fields.pop('labels', [2]))
    for name, value in fields.items():
        setattr(sample, name, torch.tensor(value))
    return sample


TAGGED = {'pred_tags': [0.3, 0.1, 0.9], 'pred_visual_tags': [0.2, 0.7, 0.4]}


def test_a_prediction_is_read_by_class():
    found = Localization.of_sample(sample_of(**TAGGED), CLASSES, Naming(0.25), CLIP)
    assert found.name == 'a b'
    assert found.size == (80, 60)
    assert (found.time, found.window) == (1.5, (1.0, 2.0))
    assert found.audio_probs == pytest.approx({'Violin': 0.3, 'Horn': 0.1, 'Drum': 0.9})
    assert found.visual_probs == pytest.approx({'Violin': 0.2, 'Horn': 0.7, 'Drum': 0.4})
    assert found.sounding == ['Drum', 'Violin']  # best first
    assert list(found.maps) == ['Drum']
    assert found.maps['Drum'].dtype == np.float32
    assert found.maps['Drum'][:3, 6:].tolist() == [[0.25, 0.25]] * 3
    assert found.clip is CLIP


def test_a_class_heard_with_the_threshold_itself_sounds():
    sample = sample_of(pred_tags=[0.5, 0.25, 0.75])
    found = [
        Localization.of_sample(sample, CLASSES, Naming(t), CLIP).sounding for t in (0.5, 0.76)
    ]
    assert found == [['Drum', 'Violin'], []]


def test_a_map_of_no_class_is_one_of_the_sound():
    sample = sample_of(labels=[-1], **TAGGED)
    found = Localization.of_sample(sample, CLASSES, Naming(0.25), CLIP)
    assert list(found.maps) == ['sound']
    assert found.sounding == ['sound']


def test_a_model_without_tags_hears_and_sees_nothing():
    found = Localization.of_sample(sample_of(), CLASSES, Naming(0.0), CLIP)
    assert (found.audio_probs, found.visual_probs, found.sounding) == ({}, {}, [])
    assert found.to_dict()['tags'] == []


def test_tags_of_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match='zip'):
        Localization.of_sample(sample_of(pred_tags=[0.1, 0.2]), CLASSES, Naming(0.0), CLIP)


@pytest.mark.parametrize(
    ('fields', 'expected'),
    [({}, None), ({'pred_avc': [0.25, 0.5]}, 0.25), ({'pred_avc': [float('nan'), 0.5]}, None)],
)
def test_correspondence_is_that_of_the_clips_own_pair(fields, expected):
    found = Localization.of_sample(sample_of(**fields), CLASSES, Naming(0.5), CLIP)
    assert found.correspondence == expected


def test_maps_of_half_precision_are_read():
    sample = sample_of(maps=torch.full((1, 2, 2), 0.5, dtype=torch.bfloat16))
    found = Localization.of_sample(sample, CLASSES, Naming(0.5), CLIP)
    assert found.maps['Drum'].tolist() == [[0.5, 0.5]] * 2


def test_boxes_are_in_pixels_of_the_frame():
    found = Localization.of_sample(sample_of(), CLASSES, Naming(0.5), CLIP)
    (box,) = found.boxes('Drum')
    # upsampled linearly, half of the maximum lies on the edge of the cells
    assert box.xyxy == pytest.approx((60, 0, 80, 30), abs=1)
    assert box.peak == 1


def test_as_plain_data_values_are_rounded_and_the_best_come_first():
    maps = torch.zeros(2, 1, 2)
    maps[0, 0, 0], maps[1, 0, 1] = 1 / 3, 2 / 3
    sample = sample_of(maps=maps, labels=[1, 2], pred_avc=[0.123456, 0.5], **TAGGED)
    sample.set_metainfo({'time': 1.23456, 'window': (0.73456, 1.73456)})
    found = Localization.of_sample(sample, CLASSES, Naming(0.25), CLIP).to_dict()
    boxes = [found_map.pop('boxes') for found_map in found['maps']]
    assert found == {
        'format': 'mmavl.localization/2',
        'name': 'a b',
        'source': {'video': 'a b.mp4'},
        'size': [80, 60],
        'time': 1.2346,
        'window': [0.7346, 1.7346],
        'correspondence': 0.1235,
        'tags': [
            {'label': 'Drum', 'audio_prob': 0.9, 'visual_prob': 0.4, 'sounding': True},
            {'label': 'Violin', 'audio_prob': 0.3, 'visual_prob': 0.2, 'sounding': True},
            {'label': 'Horn', 'audio_prob': 0.1, 'visual_prob': 0.7, 'sounding': False},
        ],
        'maps': [
            {'label': 'Drum', 'grid': [1, 2], 'values': [[0.0, 0.66667]]},
        ],
    }
    assert boxes[0] == [{'xyxy': [40.0, 0.0, 80.0, 60.0], 'peak': 1.0}]


def test_only_maps_of_what_is_named_or_asked_for_are_drawn_and_written():
    sample = sample_of(maps=torch.rand(3, 1, 2), labels=[0, 1, 2], **TAGGED)
    found = Localization.of_sample(sample, CLASSES, Naming(0.5), CLIP)
    assert (list(found.maps), found.drawn) == (CLASSES, ['Drum'])
    found = Localization.of_sample(sample, CLASSES, Naming(0.5), CLIP, ['Horn', 'Drum'])
    assert found.drawn == ['Drum', 'Horn']
    assert [entry['label'] for entry in found.to_dict()['maps']] == ['Drum', 'Horn']
    found = Localization.of_sample(sample, CLASSES, Naming(0.5, visual_threshold=0.5), CLIP)
    assert (found.off_screen, found.drawn) == (['Drum'], [])


def test_a_finer_name_stands_for_its_class_where_it_is_likelier_than_not():
    naming = Naming(0.25, kinds={'Drum': ['Snare drum', 'Timpani'], 'Horn': ['French horn']})
    for timpani, name in ((0.6, 'Timpani 0.90'), (0.5, 'Drum 0.90')):
        sample = sample_of(**TAGGED, pred_kinds=[0.3, timpani, 0.9])
        found = Localization.of_sample(sample, CLASSES, naming, CLIP)
        assert found.sounding == ['Drum', 'Violin']  # classes, whatever they are called
        assert found.names() == [name, 'Violin 0.30']
    assert found.kinds == {}  # a horn does not sound
    assert found.kind_probs == pytest.approx(
        {'Snare drum': 0.3, 'Timpani': 0.5, 'French horn': 0.9}
    )


def test_as_plain_data_what_is_not_known_is_none():
    sample = AVDataSample(metainfo={'ori_shape': (60, 80), 'window': (0.0, 1.0)})
    sample.pred_maps = PixelData(data=torch.ones(1, 2, 2))
    sample.map_labels = torch.tensor([0])
    sample.pred_tags = torch.tensor([0.5, 0.5, 0.5])
    clip = Clip('x', np.zeros((60, 80, 3), np.uint8), np.zeros(9, np.float32), 8000)
    found = Localization.of_sample(sample, CLASSES, Naming(0.5), clip).to_dict(brief=True)
    assert (found['time'], found['correspondence']) == (None, None)
    assert found['source'] == {'image': None, 'audio': None}
    assert [tag['visual_prob'] for tag in found['tags']] == [None] * 3
    assert found['maps'] == [{'label': 'Violin', 'boxes': []}]  # constant: no box, nor values


def test_brief_data_has_no_unlikely_classes():
    sample = sample_of(pred_tags=[0.04, 0.06, 0.9], pred_visual_tags=[0.5, 0.5, 0.5])
    for threshold, labels in ((0.5, ['Drum', 'Horn']), (0.03, ['Drum', 'Horn', 'Violin'])):
        found = Localization.of_sample(sample, CLASSES, Naming(threshold), CLIP)
        assert [tag['label'] for tag in found.to_dict(brief=True)['tags']] == labels
        assert len(found.to_dict()['tags']) == 3


def test_of_several_maps_of_the_whole_sound_the_maximum_counts():
    maps = torch.zeros(2, 6, 8)
    maps[0, 0, 0], maps[1, 5, 7] = 1.0, 0.5
    found = Localization.of_sample(
        sample_of(maps=maps, labels=[-1, -1]), CLASSES, Naming(0.5), CLIP
    )
    assert list(found.maps) == ['sound']
    assert (found.maps['sound'] == maps.amax(0).numpy()).all()


def test_a_result_is_a_short_line():
    found = Localization.of_sample(sample_of(**TAGGED), CLASSES, Naming(0.25), CLIP)
    assert repr(found) == '<Localization a b: at 1.5 s Drum 0.90, Violin 0.30>'
    found.windows.extend([found, found])
    assert repr(found) == '<Localization a b: at 1.5 s Drum 0.90, Violin 0.30; 2 windows>'
    silent = Localization('x', (4, 4), None, (0.0, 1.0), {}, {}, [], {})
    assert repr(silent) == '<Localization x: no sound of a known class>'


def test_a_table_has_a_row_for_each_box_and_each_likely_class():
    maps = torch.zeros(1, 20, 20)
    maps[0, :10, :5] = maps[0, :10, 15:] = 1.0  # two regions
    tags = {'pred_tags': [0.3, 0.04, 0.9], 'pred_visual_tags': [0.2, 0.7, 0.4]}
    found = Localization.of_sample(sample_of(maps=maps, **tags), CLASSES, Naming(0.25), CLIP)
    rows = found.rows()
    assert [(row['label'], row['sounding']) for row in rows] == [
        ('Drum', True), ('Drum', True), ('Violin', True),
    ]  # fmt: skip
    assert [row['left'] for row in rows] == pytest.approx([0, 60, None], abs=2)
    assert [row['bottom'] for row in rows] == pytest.approx([30, 30, None], abs=2)
    assert [row['peak'] for row in rows] == [1, 1, None]
    assert {(row['name'], row['time']) for row in rows} == {('a b', 1.5)}
    assert rows[2]['visual_prob'] == pytest.approx(0.2)
    assert len({tuple(row) for row in rows}) == 1


def test_the_table_and_json_of_a_video_are_those_of_its_windows():
    windows = []
    for time in (0.0, 0.5):
        sample = sample_of(**TAGGED)
        sample.set_metainfo({'time': time})
        windows.append(Localization.of_sample(sample, CLASSES, Naming(0.5), CLIP))
    found = Localization.of_sample(sample_of(**TAGGED), CLASSES, Naming(0.5), CLIP)
    assert json.loads(found.to_json()) == found.to_dict()
    found.windows.extend(windows)
    assert [row['time'] for row in found.rows()] == [0.0] * 3 + [0.5] * 3
    assert json.loads(found.to_json()) == {
        **found.to_dict(),
        'windows': [window.to_dict(brief=True) for window in windows],
    }


def shown(**fields):
    image = np.full((60, 80, 3), 100, np.uint8)
    clip = Clip('x', image, np.zeros(9, np.float32), 8000)
    tags = {'pred_tags': [0.1, 0.1, 0.9], 'pred_visual_tags': [0.2, 0.7, 1.0]}
    return Localization.of_sample(sample_of(**tags, **fields), CLASSES, Naming(0.5), clip)


def test_a_picture_is_drawn_as_in_a_video():
    found = shown().picture()
    strip = found.shape[0] - 240
    assert found.shape == (240 + strip, 320, 3)
    assert np.ptp(found[60, 280].astype(int)) > 50  # the map's corner, in colour
    assert np.ptp(found[200, 40].astype(int)) == 0
    assert shown().picture(max_side=160).shape[1] == 160
    assert np.ptp(shown().picture(['Drum'])[60, 280].astype(int)) > 50


def test_a_picture_of_a_class_without_a_map_or_of_no_clip_says_so():
    with pytest.raises(ValueError, match=r"x has no map of Horn: .* labels=\['Horn'\]"):
        shown().picture(['Horn'])
    found = Localization('y', (4, 4), None, (0.0, 1.0), {}, {}, [], {})
    with pytest.raises(DataError, match='y: the result has no clip'):
        found.picture()
    assert found._repr_html_().endswith(
        '(y: the result has no clip, so its picture is not known)</div>'
    )


def test_a_notebook_shows_the_picture():
    html = shown()._repr_html_()
    jpeg = re.search(r'<img src="data:image/jpeg;base64,([^"]+)" alt="at 1\.5 s Drum 0\.90"', html)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(jpeg[1]))))
    assert np.abs(picture.astype(int) - shown().picture()).mean() < 5
