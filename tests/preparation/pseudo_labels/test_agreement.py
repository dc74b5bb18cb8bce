import numpy as np
import pytest

from mmavl.datasets.manifest import read_manifest, write_manifest
from mmavl.errors import DataError
from mmavl.preparation.pseudo_labels import agreement
from mmavl.preparation.pseudo_labels.agreement import tag_agreement


def test_shares_are_those_counted_by_hand():
    labels = np.array([[0.9, 0.6, 0.1], [0.2, 0.3, 0.0], [0.0, 0.0, 0.0], [0.1, 0.7, 0.0]])
    truth = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0]], bool)
    found = tag_agreement(labels, truth)
    assert found['precision'] == pytest.approx(2 / 3)  # of 3 tags
    assert found['recall'] == pytest.approx(2 / 5)
    assert found['accuracy'] == pytest.approx(8 / 12)
    assert found['accuracy_none'] == pytest.approx(7 / 12)
    assert found['exact'] == pytest.approx(1 / 4)
    assert found['best'] == pytest.approx(3 / 4)  # an empty set has no best label
    # class 0: ranks 1 and 4; class 1: ranks 1, 3, 4; class 2 has no positive
    assert found['map'] == pytest.approx(((1 + 2 / 4) / 2 + (1 + 2 / 3 + 3 / 4) / 3) / 2)
    assert found['map_chance'] == pytest.approx((2 / 4 + 3 / 4) / 2)


def test_labels_of_nothing_have_no_precision():
    found = tag_agreement(np.zeros((2, 2)), np.ones((2, 2), bool))
    assert np.isnan(found['precision'])
    assert (found['recall'], found['best']) == (0, 0)


def test_sounds_are_held_against_tags_and_pictures_against_all_boxes(data_root):
    manifest = read_manifest(data_root / 'toy.json')
    for entry in manifest['data_list']:
        entry['boxes']['1'] = entry['boxes']['2']  # the middle frame shows a silent violin too
    write_manifest(data_root / 'true.json', manifest)
    for entry in manifest['data_list']:
        entry['tags'] = {'Cello': 0.9, 'Flute': 0, 'strings': 0.2}
        entry['visual_tags'] = {'Cello': 1, 'Flute': 1, 'Violin': 0.6, 'wind': 0.9}
    write_manifest(data_root / 'pseudo.json', manifest)
    found = agreement(data_root / 'pseudo.json', data_root / 'true.json')
    # clips 0 and 2 have a cello, 1 and 3 a flute too
    assert found['audio class']['exact'] == 0.5
    assert found['audio class']['recall'] == pytest.approx(4 / 6)
    assert found['audio group']['recall'] == 0  # the group's own entry counts
    assert found['visual class']['precision'] == pytest.approx((2 * 2 + 2 * 3) / 12)
    assert found['visual class']['recall'] == 1
    assert found['visual group']['precision'] == pytest.approx(6 / 8)


def test_a_clip_without_its_truth_is_named(data_root):
    manifest = read_manifest(data_root / 'toy.json')
    manifest['data_list'].pop()
    write_manifest(data_root / 'true.json', manifest)
    with pytest.raises(DataError, match=r"clip 'clip3' and 0 others of .*toy\.json are not in"):
        agreement(data_root / 'toy.json', data_root / 'true.json')
