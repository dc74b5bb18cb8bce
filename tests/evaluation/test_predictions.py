import errno
import json
import os
import zipfile

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData

from mmavl.errors import DataError
from mmavl.evaluation import Prediction, read_predictions, unique_predictions, write_predictions
from mmavl.structures import AVDataSample


def make_sample(**fields):
    sample = AVDataSample(
        metainfo=dict(clip_id='a', frame_index=3, img_path='a/3.jpg', input_shape=(128, 256))
    )
    sample.gt_tags = torch.tensor([1.0, 0, 1])
    sample.gt_instances = InstanceData(
        bboxes=torch.tensor([[64.0, 32, 128, 128], [0, 0, 256, 64]]),
        labels=torch.tensor([2, 0]),
        sounding=torch.tensor([True, False]),
        families=torch.tensor([1, -1]),
        names=['Flute', 'Banjo'],
    )
    sample.pred_tags = torch.tensor([0.5, 0.25, 1.0], dtype=torch.bfloat16)
    sample.pred_maps = PixelData(data=torch.arange(12.0).view(2, 2, 3).half())
    sample.map_labels = torch.tensor([2, 0])
    sample.pred_labels = torch.tensor([2])
    for name, value in fields.items():
        setattr(sample, name, value)
    return sample.to_dict()


def same(a, b):
    for name, value in vars(a).items():
        other = getattr(b, name)
        assert type(value) is type(other), name
        if isinstance(value, np.ndarray):
            assert value.dtype == other.dtype, name
            np.testing.assert_array_equal(value, other, err_msg=name)
        else:
            assert value == other, name


def test_boxes_are_normalised_by_width_and_height_of_the_input():
    p = Prediction.from_sample(make_sample())
    assert p.boxes.tolist() == [[0.25, 0.25, 0.5, 1.0], [0.0, 0.0, 1.0, 0.5]]
    assert p.box_labels.tolist() == [2, 0]
    assert p.box_sounding.tolist() == [True, False]
    assert p.box_families.tolist() == [1, -1]
    assert p.box_names == ['Flute', 'Banjo']


def test_fields_of_any_precision_become_plain_arrays():
    p = Prediction.from_sample(make_sample())
    assert p.identity == ('a', 3)
    assert p.img_path == 'a/3.jpg'
    assert p.maps.dtype == np.float32
    assert p.maps[1].tolist() == [[6, 7, 8], [9, 10, 11]]
    assert p.pred_tags.tolist() == [0.5, 0.25, 1.0]
    assert p.pred_avc is None
    assert p.gt_map is None
    assert not p.class_agnostic


def test_a_negative_frame_stays_one_in_a_dump(tmp_path):
    frames = [Prediction.from_sample({'clip_id': c, 'negative': c == 'b'}) for c in 'ab']
    write_predictions(tmp_path / 'dump.npz', frames, {})
    predictions, _ = read_predictions(tmp_path / 'dump.npz')
    assert [p.negative for p in predictions] == [False, True]


def test_a_sample_without_boxes_or_maps():
    sample = AVDataSample(metainfo=dict(clip_id='b', input_shape=(8, 8)))
    sample.pred_avc = torch.tensor([0.9, 0.1])
    p = Prediction.from_sample(sample.to_dict())
    assert (len(p.boxes), len(p.maps)) == (0, 0)
    assert p.pred_avc.tolist() == pytest.approx([0.9, 0.1])


def test_maps_that_are_not_numbers_or_not_labelled_name_the_clip():
    with pytest.raises(DataError, match=r"clip 'a': a predicted map holds nan"):
        Prediction.from_sample(
            make_sample(pred_maps=PixelData(data=torch.full((2, 2, 2), np.nan)))
        )
    with pytest.raises(DataError, match=r"clip 'a': 2 maps with 1 labels"):
        Prediction.from_sample(make_sample(map_labels=torch.tensor([2])))


def test_one_map_of_label_minus_one_is_class_agnostic():
    assert Prediction('a', maps=np.zeros((1, 2, 2)), map_labels=[-1]).class_agnostic
    assert not Prediction('a').class_agnostic


def test_a_consensus_map_beside_annotators_is_not_kept_twice():
    boxes, consensus = [[1, 2, 3, 4]], np.eye(3)
    both = Prediction.from_sample(make_sample(annotators=boxes, gt_map=consensus))
    assert (both.annotators.tolist(), both.gt_map) == ([[1, 2, 3, 4]], None)
    alone = Prediction.from_sample(make_sample(gt_map=consensus))
    assert alone.gt_map.tolist() == consensus.tolist()


def test_an_empty_list_of_annotators_is_no_reference():
    assert Prediction('a', annotators=[]).annotators is None


def test_each_sample_once_in_an_order_of_its_own():
    def sample(clip, frame):
        return Prediction(clip, frame)

    gathered = [sample('b', 1), sample('a', 2), sample('b', 0), sample('a', 2)]
    expected = [('a', 2), ('b', 0), ('b', 1)]
    assert [p.identity for p in unique_predictions(gathered)] == expected
    assert [p.identity for p in unique_predictions(gathered[::-1])] == expected


def test_a_dump_gives_back_exactly_what_was_written(tmp_path):
    full = Prediction.from_sample(make_sample())
    full.annotators = np.array([[1.0, 2, 3, 4]])
    predictions = [
        Prediction('empty', pred_labels=[]),
        full,
        Prediction(
            'agnostic', maps=np.full((1, 5, 4), 0.1), map_labels=[-1], pred_avc=[1, np.nan]
        ),
        Prediction('flickr', gt_map=np.eye(3), annotators=[[1, 2, 3, 4]]),
    ]
    metainfo = dict(dataset='x', split='val', classes=['A', 'B', 'C'], groups={'g': ['A']})
    write_predictions(tmp_path / 'out/p.npz', predictions, metainfo | {'other': object()})
    read, read_metainfo = read_predictions(tmp_path / 'out/p.npz')
    assert read_metainfo == metainfo
    assert len(read) == 4
    for a, b in zip(predictions, read):
        same(a, b)


def test_an_empty_split_can_be_written(tmp_path):
    write_predictions(tmp_path / 'p.npz', [], {})
    assert read_predictions(tmp_path / 'p.npz') == ([], {})


def test_the_dump_holds_no_pickle(tmp_path):
    write_predictions(tmp_path / 'p.npz', [Prediction.from_sample(make_sample())], {})
    with zipfile.ZipFile(tmp_path / 'p.npz') as archive:
        for name in archive.namelist():
            np.lib.format.read_array(archive.open(name), allow_pickle=False)


def test_a_full_disk_leaves_the_old_dump(tmp_path, monkeypatch):
    path = tmp_path / 'p.npz'
    write_predictions(path, [Prediction('old')], {})

    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match='No space left'):
        write_predictions(path, [Prediction('new')], {})
    assert os.listdir(tmp_path) == ['p.npz']
    assert read_predictions(path)[0][0].clip_id == 'old'


def test_a_cut_dump_names_itself(tmp_path):
    path = tmp_path / 'cut.npz'
    write_predictions(path, [Prediction.from_sample(make_sample())], {})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r'cut\.npz is not a prediction dump'):
        read_predictions(path)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_predictions(tmp_path / 'missing.npz')
    path = tmp_path / 'other.npz'
    path.write_text('{}')
    with pytest.raises(DataError, match=r'other\.npz is not a prediction dump'):
        read_predictions(path)
    np.savez(path, x=np.zeros(3))
    with pytest.raises(DataError, match=r'other\.npz is not a prediction dump'):
        read_predictions(path)
    header = json.dumps({'format': 'mmavl.predictions/9', 'samples': [], 'metainfo': {}})
    np.savez(path, header=np.frombuffer(header.encode(), np.uint8))
    with pytest.raises(DataError, match='predictions/9'):
        read_predictions(path)
