from types import SimpleNamespace

import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler
from torch.utils.data import DataLoader, Dataset

from mmavl.engine import run_checks
from mmavl.engine.launch import run_training
from mmavl.engine.run_checks import check_annotations, check_evaluation, check_training
from mmavl.errors import ConfigError


class Clips(Dataset):
    """Clips that are annotated with given kinds."""

    ann_file = 'clips.json'
    features = None

    def __init__(self, count=5, kinds=()):
        self.count = count
        self.kinds = set(kinds)

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return index

    def annotations(self):
        """The kinds."""
        return self.kinds


def loader(batch_size, drop_last=False, sampler=DefaultSampler, **options):
    clips = Clips(**options)
    return DataLoader(clips, batch_size, sampler=sampler(clips), drop_last=drop_last)


class Contrast(SimpleNamespace):
    """A model that compares two clips."""

    least_batch = 2


def test_a_batch_of_one_is_refused_before_training_where_clips_are_compared():
    with pytest.raises(ConfigError, match=r'Contrast compares.*batch_size=1 one has 1: set .*2'):
        check_training(Contrast(), loader(1))
    with pytest.raises(ConfigError, match=r'batch_size=4 one has 1: .*drop_last=True'):
        check_training(Contrast(), loader(4))


@pytest.mark.parametrize(
    ('model', 'batches'),
    [
        (Contrast(), loader(4, drop_last=True)),
        (Contrast(), loader(5)),
        (Contrast(), loader(3)),
        (Contrast(), loader(4, sampler=InfiniteSampler)),
        (SimpleNamespace(), loader(1)),
    ],
)
def test_batches_that_are_large_enough_pass(model, batches):
    check_training(model, batches)


def test_the_clips_of_all_processes_are_compared(monkeypatch):
    monkeypatch.setattr(run_checks, 'get_world_size', lambda: 2)
    check_training(Contrast(), loader(1))


def test_data_without_what_a_model_learns_from_are_named():
    model = Contrast(trains_on=('tags',))
    check_training(model, loader(5, kinds=['tags']))
    with pytest.raises(ConfigError, match=r'trains on tags, but clips\.json.*pseudo_labels'):
        check_training(model, loader(5, kinds=['boxes']))


def test_data_without_what_a_metric_scores_by_are_named():
    asked = []
    metric = SimpleNamespace(scores_by=('boxes',), check_model=asked.append)
    evaluator = SimpleNamespace(metrics=[SimpleNamespace(), metric])
    check_evaluation('model', loader(5, kinds=['boxes']), evaluator)
    assert asked == ['model']
    with pytest.raises(ConfigError, match=r'scores by boxes, but clips\.json has none: add boxes'):
        check_evaluation('model', loader(5), evaluator)


def test_one_annotated_dataset_among_several_is_enough():
    parts = SimpleNamespace(datasets=[Clips(), SimpleNamespace(dataset=Clips(kinds=['tags']))])
    check_annotations(parts, ['tags'], 'X trains on')
    with pytest.raises(ConfigError, match='X trains on boxes'):
        check_annotations(parts, ['boxes'], 'X trains on')


def test_a_dataset_that_cannot_tell_is_not_refused():
    check_annotations([1, 2], ['tags'], 'X trains on')


def test_a_run_is_checked_before_its_first_step(make_cfg, monkeypatch):
    from toy_project import ToyModel

    monkeypatch.setattr(ToyModel, 'least_batch', 2, raising=False)
    monkeypatch.setattr(ToyModel, 'forward', lambda *args, **options: pytest.fail('it ran'))
    with pytest.raises(ConfigError, match=r'config\.py: ToyModel compares the clips of a batch'):
        run_training(make_cfg(train_dataloader__batch_size=5))
