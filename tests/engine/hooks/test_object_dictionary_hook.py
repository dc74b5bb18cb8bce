import logging
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmavl.engine.hooks import ObjectDictionaryHook
from mmavl.engine.hooks.object_dictionary_hook import cluster, match_clusters
from mmavl.errors import ConfigError
from mmavl.structures import AVDataSample


class Objects(nn.Module):
    """A model whose inputs are the features of its objects."""

    def __init__(self, clusters=2, width=3):
        super().__init__()
        self.register_buffer('dictionary', torch.zeros(clusters, width))
        self.register_buffer('centres', torch.zeros(clusters, width))
        self.register_buffer('class_of', torch.full((clusters,), -1))

    def data_preprocessor(self, batch, training):
        """The batch."""
        return batch

    def object_features(self, inputs):
        """The inputs."""
        assert not self.training
        return inputs

    def set_dictionary(self, centres, dictionary, class_of):
        """Keep it."""
        self.centres, self.dictionary, self.class_of = centres, dictionary, class_of


class Loader(list):
    """Batches of a dataset."""

    dataset = SimpleNamespace(ann_file='solos.json')


FEATURES = torch.tensor([[4.0, 0, 0], [2, 0, 0.2], [0, 6, 0], [0, 2, 0.2], [0, 1, 0]])


def runner(epoch=1, tags=(1, 1, 0, 0, 0), clusters=2, max_epochs=3):
    samples = [AVDataSample() for _ in FEATURES]
    for sample, tag in zip(samples, tags):
        sample.gt_tags = torch.eye(3)[tag] if tag is not None else torch.zeros(3)
    batches = [
        {'inputs': FEATURES[part], 'data_samples': samples[part]}
        for part in (slice(0, 2), slice(2, 5))
    ]
    return SimpleNamespace(
        epoch=epoch,
        max_epochs=max_epochs,
        model=Objects(clusters).train(),
        train_dataloader=Loader(batches),
        logger=logging.getLogger('test'),
    )


def test_the_dictionary_holds_the_means_of_clustered_directions():
    run = runner()
    ObjectDictionaryHook().before_train_epoch(run)
    first, second = sorted(run.model.dictionary.tolist(), reverse=True)
    assert first == pytest.approx([3, 0, 0.1])
    assert second == pytest.approx([0, 3, 0.2 / 3])
    assert run.model.training
    place = run.model.dictionary[:, 0].argmax()
    assert run.model.class_of[place] == 1
    assert run.model.class_of[1 - place] == 0


def test_there_is_none_before_its_epoch_and_classes_only_where_asked():
    run = runner(epoch=1)
    ObjectDictionaryHook(begin=2).before_train_epoch(run)
    assert not run.model.dictionary.any()
    run = runner(tags=[None] * 5)
    ObjectDictionaryHook(match=False).before_train_epoch(run)
    assert run.model.class_of.tolist() == [-1, -1]


def test_clusters_keep_their_numbers_from_epoch_to_epoch():
    run = runner()
    hook = ObjectDictionaryHook()
    hook.before_train_epoch(run)
    run.model.centres = run.model.centres.flip(0)
    before = run.model.dictionary
    hook.before_train_epoch(run)
    torch.testing.assert_close(run.model.dictionary, before.flip(0))


def test_each_class_gets_a_cluster_before_one_gets_two():
    """Both clusters have most of class 0; the second has all of class 1."""
    labels = torch.tensor([0] * 5 + [1] * 5 + [2] * 3)
    tags = torch.zeros(13, 2)
    tags[:, 0] = 1
    tags[8:10] = torch.tensor([0.0, 1.0])
    assert match_clusters(labels, tags, 3).tolist() == [0, 1, 0]
    assert match_clusters(labels, torch.zeros(13, 2), 4).tolist() == [-1] * 4


def test_more_classes_than_clusters_leave_some_without():
    tags = torch.eye(4)[[0, 0, 1, 2, 2, 3]]
    assert match_clusters(torch.tensor([0, 0, 0, 1, 1, 1]), tags, 2).tolist() == [0, 2]


def test_what_cannot_be_clustered_or_matched_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match='5 training clips are too few for 6 objects'):
        ObjectDictionaryHook().before_train_epoch(runner(clusters=6))
    monkeypatch.setitem(sys.modules, 'sklearn.cluster', None)
    with pytest.raises(ImportError, match='pip install scikit-learn'):
        cluster(FEATURES, 2)


class Clips(list):
    """Clips with or without tags."""

    ann_file = 'solos.json'
    features = None

    def __init__(self, kinds=('tags',)):
        super().__init__(range(5))
        self.kinds = kinds

    def annotations(self):
        """The kinds."""
        return {*self.kinds}


def starting(clips, clusters=2):
    run = runner(clusters=clusters)
    run.train_dataloader.dataset = clips
    return run


def test_what_would_fail_in_a_later_epoch_is_refused_before_the_first(monkeypatch):
    ObjectDictionaryHook().before_train(starting(Clips()))
    ObjectDictionaryHook(match=False).before_train(starting(Clips(kinds=())))
    with pytest.raises(ConfigError, match=r'matches by tags, but solos\.json has none'):
        ObjectDictionaryHook().before_train(starting(Clips(kinds=())))
    with pytest.raises(ConfigError, match='5 training clips are too few for 6 objects'):
        ObjectDictionaryHook().before_train(starting(Clips(), clusters=6))
    run = starting(Clips())
    run.model = nn.Linear(1, 1)
    with pytest.raises(ConfigError, match='Linear has no dictionary of objects'):
        ObjectDictionaryHook().before_train(run)
    monkeypatch.setitem(sys.modules, 'sklearn.cluster', None)
    with pytest.raises(ImportError, match='pip install scikit-learn'):
        ObjectDictionaryHook().before_train(starting(Clips()))


def test_a_training_of_one_epoch_has_a_dictionary_too():
    state = runner(epoch=0, max_epochs=2)
    ObjectDictionaryHook().before_train_epoch(state)
    assert not state.model.dictionary.any()
    state = runner(epoch=0, max_epochs=1)
    ObjectDictionaryHook().before_train_epoch(state)
    assert state.model.dictionary.any()
