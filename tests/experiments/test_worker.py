from pathlib import Path

from mmengine import Config

from mmavl.experiments import worker
from mmavl.experiments.trial import Stage, Trial, read_outcome


def test_without_a_budget_trainings_are_those_of_the_configs_each_from_the_one_before(
    tmp_path, monkeypatch
):
    evaluated = {
        **{f'{split}_dataloader': {'split': split} for split in ('val', 'test')},
        **{f'{split}_evaluator': {'type': 'TagMetric'} for split in ('val', 'test')},
    }
    by_iterations = Config({'train_cfg': {'max_iters': 3}, 'default_hooks': {}, **evaluated})
    stages = [Stage('first', by_iterations), Stage('second', by_iterations)]
    trial = Trial('row', 5, ['first', 'second'], split='val')
    folder = trial.write(tmp_path, stages)
    trained, tested = [], []
    monkeypatch.setattr(worker, 'latest_checkpoint', lambda place: Path(place, 'iter_3.pth'))
    monkeypatch.setattr(worker, 'run_training', lambda cfg, resume: trained.append(cfg))

    def run_test(cfg, *args, **options):
        tested.append((cfg, *args, options['out']))
        return {'tags/audio_map': 0.5}

    monkeypatch.setattr(worker, 'run_test', run_test)
    worker.run(folder)
    assert [cfg.train_cfg for cfg in trained] == [{'max_iters': 3}] * 2
    assert [cfg.randomness.seed for cfg in trained] == [5, 5]
    assert trained[1].load_from == str(folder / 'first/iter_3.pth')
    ((cfg, checkpoint, protocols, out),) = tested
    assert cfg.test_dataloader == {'split': 'val'}
    assert (checkpoint, protocols, out) == (str(folder / 'second/iter_3.pth'), None, None)
    assert read_outcome(folder)['metrics'] == {'tags/audio_map': 0.5}
