"""A dump that was changed by hand, or is from a stranger: refused in one line, or scored."""

import io
import json
import zipfile

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.evaluation import Prediction, read_predictions, write_predictions

META = {'dataset': 'toy', 'split': 'test', 'classes': ['a', 'b']}


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / 'dump.npz'
    one = Prediction(
        'x', maps=np.ones((1, 2, 2)), map_labels=[1], gt_tags=[0, 1], boxes=[[0, 0, 1, 1]],
        box_labels=[1], box_sounding=[True], box_families=[-1], box_names=['b'],
    )  # fmt: skip
    write_predictions(path, [one], META)
    return path


def rewrite(path, **changes):
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays['header'].tobytes())
    for name, value in changes.items():
        if name in ('metainfo', 'samples', 'format'):
            header[name] = value
        elif value is None:
            del arrays[name]
        else:
            arrays[name] = value
    arrays['header'] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


SAMPLE = {'clip_id': 'x', 'frame_index': 0, 'img_path': '', 'audio_path': '', 'box_names': []}


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'samples': [{**SAMPLE, 'clip_id': 3}]}, 'clip 3: clip_id must be str, not 3'),
        (
            {'samples': [{**SAMPLE, 'frame_index': []}]},
            r"'x': frame_index must be int, not \[\]",
        ),
        ({'samples': [{**SAMPLE, 'box_names': [1]}]}, 'box_names is not a list of names'),
        ({'samples': [{**SAMPLE, 'box_names': ['a', 'b']}]}, '1 boxes, but 2 box_names'),
        ({'samples': [{'extra': 1}]}, 'extra'),
        ({'samples': 3}, 'not iterable'),
        ({'metainfo': [], 'format': 'mmavl.predictions/1'}, 'no attribute'),
        ({'map_labels': np.array([2])}, 'map_labels holds 2 to 2, of 2 classes'),
        ({'box_labels': np.array([-1])}, 'box_labels holds -1 to -1, of 2 classes'),
        ({'gt_tags': np.zeros(3), 'gt_tags.shape': np.array([[3]])}, 'gt_tags has 3 values'),
        ({'boxes.shape': np.array([[2, 2]])}, '2 boxes, but 1 box_labels'),
        ({'boxes.shape': np.array([[4]])}, r'boxes has the shape \[4\], not 2 dimensions'),
        ({'boxes': np.array([0, 0, np.nan, 1])}, 'a box holds nan or inf'),
        ({'maps.shape': np.array([[10**9, 10**9, 10**9]])}, 'do not make arrays'),
        ({'maps.shape': np.array([[-4, -1, 1]])}, 'do not make arrays'),
        ({'maps.shape': None}, 'maps.shape'),
    ],
)
def test_what_does_not_hold_is_named(changes, message, dump):
    rewrite(dump, **changes)
    with pytest.raises(DataError, match=message):
        read_predictions(dump)


def test_a_bomb_is_refused_before_it_is_unpacked(dump):
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(5_000_000))
    with zipfile.ZipFile(dump, 'a', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('extra.npy', zeros.getvalue())
    with pytest.raises(DataError, match=r'unpacks to 40,00.* bytes in .* files, more than'):
        read_predictions(dump)


def test_an_array_that_promises_terabytes_is_refused(dump):
    zeros = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        zeros, {'descr': '<f8', 'fortran_order': False, 'shape': (10**13,)}
    )
    with zipfile.ZipFile(dump, 'a') as archive:
        archive.writestr('extra.npy', zeros.getvalue())
    with pytest.raises(DataError, match='not a prediction dump'):
        read_predictions(dump)
