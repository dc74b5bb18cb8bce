"""The dictionary of objects of DSOL, found anew from epoch to epoch."""

from types import ModuleType
from typing import Any

import torch
from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor
from torch.nn import functional as F

from mmavl.engine.run_checks import check_annotations
from mmavl.errors import ConfigError
from mmavl.registry import HOOKS
from mmavl.utils.distributed import gather_cat


@HOOKS.register_module()
class ObjectDictionaryHook(Hook):
    """Cluster the objects that :class:`~mmavl.models.localizers.DSOL` localizes in training clips.

    Before each epoch it runs the model over the training clips and clusters the features of what
    sounds by k-means on their directions. With ``match`` each cluster is given the class that its
    clips have most, one cluster for each class first (Hungarian assignment), by **the clips'
    tags**: maps by class then use labels, though the losses do not.

    Args:
        begin (int): The first epoch, from 0, that has a dictionary; in a shorter training the
            last one. Defaults to 1.
        match (bool): Whether clusters are matched to classes by tags. Defaults to True.

    Raises:
        ConfigError: There are fewer clips than clusters, or no tags to match by.
        ImportError: scikit-learn is not installed.
    """

    def __init__(self, begin: int = 1, match: bool = True) -> None:
        self.begin = begin
        self.match = match

    def before_train(self, runner: Runner) -> None:
        """Check the model, the clips and the installation before the first epoch."""
        model, dataset = _inner(runner), runner.train_dataloader.dataset
        if not hasattr(model, 'set_dictionary'):
            raise ConfigError(
                f'ObjectDictionaryHook: {type(model).__name__} has no dictionary of objects'
            )
        if self.match:
            check_annotations(dataset, ['tags'], 'ObjectDictionaryHook(match=True) matches by')
        _check_count(len(dataset), len(model.dictionary))
        _scikit_learn()

    def before_train_epoch(self, runner: Runner) -> None:
        """Find the dictionary."""
        if runner.epoch < min(self.begin, runner.max_epochs - 1):
            return
        model = _inner(runner)
        features, tags = _objects(runner, model)
        first = None if not model.dictionary.any() else model.centres
        centres, labels = cluster(features, len(model.dictionary), first)
        dictionary = _means(features, labels, len(centres))
        class_of = torch.full_like(model.class_of, -1)
        if self.match:
            class_of = match_clusters(labels, tags, len(centres)).to(class_of)
        for tensor in (centres, dictionary, class_of):
            broadcast(tensor)
        model.set_dictionary(centres, dictionary, class_of)
        runner.logger.info(f'dictionary of {len(centres)} objects from {len(features)} clips')


def _inner(runner: Runner) -> Any:
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def _check_count(clips: int, clusters: int) -> None:
    if clips < clusters:
        raise ConfigError(
            f'{clips} training clips are too few for {clusters} objects: reduce '
            'model.clusters, or the batch size if drop_last omits clips'
        )


@torch.no_grad()
def _objects(runner: Runner, model: Any) -> tuple[Tensor, Tensor]:
    """Features [N, c] and tags [N, C] of the training clips of all processes."""
    training = model.training
    model.eval()
    features, tags = [], []
    for batch in runner.train_dataloader:
        data = model.data_preprocessor(batch, False)
        features.append(model.object_features(data['inputs']).float())
        tags += [s.get('gt_tags', torch.zeros(0)).to(features[-1]) for s in data['data_samples']]
    model.train(training)
    return gather_cat(torch.cat(features)), gather_cat(torch.stack(tags))


def cluster(features: Tensor, count: int, first: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """K-means of directions.

    Args:
        features: [N, c], of any length.
        count: Number of clusters, K.
        first: Centres to start from, [K, c]. Defaults to None: the best of ten k-means++.

    Returns:
        Centres [K, c] and the cluster of each feature, long [N].

    Raises:
        ConfigError: There are fewer features than clusters.
        ImportError: scikit-learn is not installed.
    """
    _check_count(len(features), count)
    start = {'init': first.cpu().numpy(), 'n_init': 1} if first is not None else {'n_init': 10}
    means = _scikit_learn().KMeans(count, random_state=0, **start)
    labels = means.fit_predict(F.normalize(features, dim=1).cpu().numpy())
    centres = torch.from_numpy(means.cluster_centers_).to(features)
    return centres, torch.from_numpy(labels).to(features.device).long()


def match_clusters(labels: Tensor, tags: Tensor, count: int) -> Tensor:
    """The class of each cluster.

    Each class first gets one cluster, so that the most clips agree; clusters that are left over
    get the class that most of their clips have.

    Args:
        labels: The cluster of each clip, long [N].
        tags: [N, C].
        count: Number of clusters, K.

    Returns:
        long [K]; -1 where no clip of a cluster has a tag.
    """
    from scipy.optimize import linear_sum_assignment

    agreement = F.one_hot(labels, count).to(tags).T @ tags
    best = agreement.argmax(1).where(agreement.amax(1) > 0, -1).cpu()
    rows, columns = linear_sum_assignment(agreement.cpu().numpy(), maximize=True)
    for row, column in zip(rows.tolist(), columns.tolist()):
        if agreement[row, column] > 0:
            best[row] = column
    return best


def _means(features: Tensor, labels: Tensor, count: int) -> Tensor:
    """The mean of each cluster's features, [K, c]."""
    members = F.one_hot(labels, count).to(features)
    return members.T @ features / members.sum(0).clamp_min(1)[:, None]


def _scikit_learn() -> ModuleType:
    try:
        import sklearn.cluster
    except ImportError as error:
        raise ImportError(
            'ObjectDictionaryHook needs scikit-learn. Run: pip install scikit-learn'
        ) from error
    return sklearn.cluster
