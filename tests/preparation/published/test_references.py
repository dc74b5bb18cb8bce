import json
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.evaluation import get_protocol
from mmavl.evaluation.scoring import TRIVIAL, score
from mmavl.evaluation.summary import summarise
from mmavl.preparation.published import (
    read_audioset_instrument,
    read_music,
    read_soundnet_flickr,
    read_vggss,
)
from mmavl.scenes.instruments.classes import CLASSES

RELEASE = Path(__file__).parents[4] / 'shared/data/original_release'
needs_release = pytest.mark.skipif(
    not RELEASE.is_dir(), reason=f'the published annotations are not at {RELEASE}'
)


def trivial_rows(predictions):
    """Percentages as the table of the protocol prints them, by row and metric."""
    rows = score(predictions, [get_protocol('half_max')], list(TRIVIAL))
    return {
        row: {k: f'{100 * v:.2f}' for k, v in summarise(scores, predictions).items()}
        for row, (scores,) in rows.items()
    }


@pytest.fixture(scope='module')
def instruments():
    return read_audioset_instrument(RELEASE)


@needs_release
def test_audioset_instrument_is_read_whole(instruments):
    predictions, metainfo = instruments
    assert len(predictions) == 4503
    assert len({p.clip_id for p in predictions}) == 566
    assert sum(len(p.boxes) for p in predictions) == 8038
    levels = Counter(len(set(p.box_labels.tolist())) for p in predictions)
    assert levels == {1: 4273, 2: 211, 3: 19}
    assert metainfo['classes'][3] == 'Guitar'
    assert len(metainfo['classes']) == 15
    # most annotated classes are among the clip's published tags, so the index is the right one
    agree = [p.gt_tags[label] > 0.5 for p in predictions for label in set(p.box_labels.tolist())]
    assert np.mean(agree) > 0.9


@needs_release
def test_regression_values_of_audioset_instrument(instruments):
    found = trivial_rows(instruments[0])
    keys = [f'level{level}_{name}' for level in (1, 2, 3) for name in ('ciou', 'auc')]
    whole, disc = ([found[row][key] for key in keys] for row in ('whole_image', 'centred_disc'))
    assert whole == ['33.98', '39.02', '5.69', '20.96', '10.53', '10.66']
    assert disc == ['39.88', '39.41', '8.06', '27.26', '10.53', '15.92']


@needs_release
def test_regression_values_of_soundnet_flickr():
    predictions, _ = read_soundnet_flickr(RELEASE)
    found = trivial_rows(predictions)
    whole, disc = found['whole_image'], found['centred_disc']
    assert (whole['consensus_ciou'], whole['consensus_auc']) == ('47.39', '48.74')
    assert (disc['consensus_ciou'], disc['consensus_auc']) == ('67.47', '54.53')
    assert (whole['evaluated'], whole['listed']) == ('24900.00', '25000.00')
    assert [p.clip_id for p in predictions if p.annotators is None] == ['3908875357']


@pytest.fixture
def release(tmp_path):
    tags = {clip: np.eye(15)[i] for i, clip in enumerate(['zz', 'aa', 'mm'])}
    (tmp_path / 'val_audio.pkl').write_bytes(pickle.dumps(tags))
    published = {
        'categories': [{'id': i, 'name': name} for i, name in enumerate(CLASSES)],
        'images': [{'id': 14}, {'id': 3}],
        'annotations': [{'image_id': 14, 'category_id': 2, 'bbox': [0.5, 0.25, 0.25, 0.5]}],
    }
    (tmp_path / 'normav.json').write_text(json.dumps(published))
    return tmp_path


def test_image_ids_index_the_sorted_clips_and_boxes_are_xywh(release):
    predictions, _ = read_audioset_instrument(release)
    assert [p.identity for p in predictions] == [('aa', 3), ('mm', 4)]
    assert predictions[1].boxes.tolist() == [[0.5, 0.25, 0.75, 0.75]]
    assert predictions[1].gt_tags.argmax() == 2
    assert predictions[0].boxes.shape == (0, 4)


def test_a_frame_with_a_box_of_no_numbers_is_left_out_and_named(release):
    path = release / 'normav.json'
    path.write_text(path.read_text().replace('[0.5, 0.25, 0.25, 0.5]', '[NaN, 0.25, 0.25, 0.5]'))
    predictions, metainfo = read_audioset_instrument(release)
    assert [p.identity for p in predictions] == [('aa', 3)]
    assert metainfo['left_out'] == [('mm', 4)]


def test_objects_of_vggss_sound_and_have_the_class_of_their_clip(tmp_path):
    items = [
        {'file': 'b_000030', 'class': 'cello', 'bbox': [[0.1, 0.2, 0.3, 0.4], [-2.9e16, 0, 1, 1]]},
        {'file': 'a_000001', 'class': 'banjo', 'bbox': [[0.5, 0.5, 1, 1]]},
    ]
    (tmp_path / 'vggss.json').write_text(json.dumps(items))
    predictions, metainfo = read_vggss(tmp_path / 'vggss.json')
    assert predictions[0].boxes.tolist() == [[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]
    assert predictions[0].box_labels.tolist() == [1, 1]
    assert predictions[0].box_sounding.all()
    assert metainfo['classes'] == ['banjo', 'cello']
    assert list(metainfo['problems']) == ['b_000030']


def random_vggss(count):
    """Boxes in 320ths of the frame as published ones are, some of them broken as those are."""
    draw = np.random.default_rng(0)
    items = []
    for number in range(count):
        corners = np.sort(draw.integers(0, 321, (draw.integers(1, 4), 2, 2)), axis=1) / 320
        boxes = corners.reshape(-1, 4).tolist()
        if number % 10 == 0:
            boxes[0][0] = -2.9e16
        if number % 25 == 0:
            boxes = [[0.5, 1.0, 0.9, 1.2]]  # below the frame
        items.append({'file': f'clip{number:07}_000030', 'class': f'c{number % 3}', 'bbox': boxes})
    return items


def literal_rows(sources, size=224):
    """CIoU of the whole image and the disc as published evaluators compute it.

    ``sources`` are lists of corners, each of which makes one reference.
    """
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    disc = x**2 + y**2 <= size**2 / (2 * np.pi)
    rows = {'whole_image': [], 'centred_disc': []}
    for boxes in sources:
        gt = np.zeros((size, size))
        for x1, y1, x2, y2 in (np.clip(np.array(boxes), 0, 1) * size).astype(int):
            gt[y1:y2, x1:x2] = 1
        for row, mask in (('whole_image', np.ones_like(gt)), ('centred_disc', disc)):
            rows[row].append((mask * gt).sum() / (gt.sum() + (mask * (gt == 0)).sum()))
    return {row: np.array(values) for row, values in rows.items()}


def check_vggss_rows(path):
    items = json.loads(path.read_text())
    predictions, _ = read_vggss(path)
    rows = score(predictions, [get_protocol('lvs')], list(TRIVIAL))
    for row, values in literal_rows([item['bbox'] for item in items]).items():
        found = summarise(rows[row][0], predictions)
        assert (found['evaluated'], found['listed']) == (len(items), len(items))
        assert found['level1_ciou'] == pytest.approx(np.mean(values >= 0.5 - 1e-7), abs=2e-4)
        assert found['level1_mean_ciou'] == pytest.approx(values.mean(), abs=1e-5)
        steps = [np.mean(values >= i / 20 - 1e-7) for i in range(21)]
        assert found['level1_auc'] == pytest.approx(np.trapezoid(steps, dx=0.05), abs=2e-5)
    return rows


def test_vggss_rows_are_those_of_the_published_evaluators(tmp_path):
    (tmp_path / 'vggss.json').write_text(json.dumps(random_vggss(400)))
    check_vggss_rows(tmp_path / 'vggss.json')


@pytest.mark.skipif(
    not (RELEASE / 'vggss.json').is_file(), reason=f'vggss.json is not in {RELEASE}'
)
def test_regression_rows_of_all_5158_entries_of_vggss():
    rows = check_vggss_rows(RELEASE / 'vggss.json')
    assert len(rows['whole_image'][0].ciou) == 5158


MUSIC = RELEASE.parent / 'music/music_duet_boxes.json'


@pytest.mark.skipif(not MUSIC.is_file(), reason=f'the published boxes are not at {MUSIC}')
def test_regression_rows_of_duets_of_single_sources_and_of_their_union():
    predictions, metainfo = read_music(MUSIC)
    assert (len(predictions), len(metainfo['classes'])) == (1020, 6)
    names = ['avgn_relative', 'avgn_relative/union']
    rows = score(predictions, [get_protocol(name) for name in names], list(TRIVIAL))
    frames = [[p.boxes[[0]], p.boxes[[1]]] for p in predictions]
    single = literal_rows([source for frame in frames for source in frame])
    union = literal_rows([np.concatenate(frame) for frame in frames])
    for row in TRIVIAL:
        found = [summarise(scores, predictions) for scores in rows[row]]
        expected = [np.mean(values[row] >= 0.3) for values in (single, union)]
        assert found[0]['per_source/ciou'] == pytest.approx(expected[0], abs=1e-3)
        assert found[1]['level2_ciou'] == pytest.approx(expected[1], abs=1e-3)
    disc = [summarise(scores, predictions) for scores in rows['centred_disc']]
    assert f'{100 * disc[0]["per_source/ciou"]:.2f}' == '10.15'
    assert f'{100 * disc[1]["level2_ciou"]:.2f}' == '75.98'


def test_objects_of_music_sound_and_boxes_are_sizes(tmp_path):
    item = {'file': 'a_000_00000', 'class_src1': 'tuba', 'bbox_src1': [0.1, 0.2, 0.3, 0.4]}
    item |= {'class_src2': 'flute', 'bbox_src2': [0.5, 0.5, 0.25, 0.5]}
    (tmp_path / 'music.json').write_text(json.dumps([item]))
    (prediction,), metainfo = read_music(tmp_path / 'music.json')
    assert prediction.clip_id == 'a_000_00000'
    assert prediction.boxes == pytest.approx(np.array([[0.1, 0.2, 0.4, 0.6], [0.5, 0.5, 0.75, 1]]))
    assert prediction.box_labels.tolist() == [1, 0]
    assert metainfo['classes'] == ['flute', 'tuba']


def test_another_file_names_itself(release):
    (release / 'normav.json').write_text('{"images": []}')
    with pytest.raises(DataError, match=r'normav\.json is not the published annotation'):
        read_audioset_instrument(release)
    (release / 'gtest.txt').write_text('a.png\n')
    (release / 'gtdata.pkl').write_bytes(pickle.dumps({0: {'visual': 'x/a.jpg'}}))
    with pytest.raises(DataError, match=r'gtdata\.pkl is not the published annotation'):
        read_soundnet_flickr(release)


def test_flickr_pairs_are_matched_by_name_in_the_order_of_the_list(tmp_path):
    entry = {'visual': './Data/0/7.jpg', 'anno': np.array([['1', '2', '3', '4']])}
    (tmp_path / 'gtdata.pkl').write_bytes(pickle.dumps({5: entry}))
    (tmp_path / 'gtest.txt').write_text('8.png\n7.png\n\n')
    predictions, _ = read_soundnet_flickr(tmp_path)
    assert [p.clip_id for p in predictions] == ['8', '7']
    assert predictions[0].annotators is None
    assert predictions[1].annotators.tolist() == [[1, 2, 3, 4]]
