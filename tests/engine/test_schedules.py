from pathlib import Path

import pytest
from mmengine import Config

from mmavl.engine.cfg_options import apply_options
from mmavl.engine.launch import run_training
from mmavl.engine.runner import AVRunner
from mmavl.engine.schedules import fit_schedule
from mmavl.errors import ConfigError

SCHEDULES = Path(__file__).parents[2] / 'configs/_base_/schedules'
ITERATIONS = 4  # of an epoch of the toy


def rates(make_cfg, schedule, epochs, lr=1.0):
    """The learning rate of every iteration of a training."""
    cfg = make_cfg(train_cfg__max_epochs=epochs, optim_wrapper__optimizer__lr=lr)
    cfg.param_scheduler = schedule
    runner = AVRunner.from_cfg(cfg)
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    schedules = runner.build_param_scheduler(runner.param_schedulers)
    found = []
    for _ in range(epochs):
        for _ in range(ITERATIONS):
            found += runner.optim_wrapper.get_lr()['lr']
            runner.optim_wrapper.optimizer.step()
            for item in schedules:
                if not item.by_epoch:
                    item.step()
        for item in schedules:
            if item.by_epoch:
                item.step()
    return found


def base(name):
    return Config.fromfile(SCHEDULES / f'{name}.py')


@pytest.mark.parametrize(
    ('name', 'epochs', 'explicit'),
    [
        ('adamw_onecycle', 4, {'total_steps': 4}),
        ('adamw_onecycle', 16, {'total_steps': 16}),
        ('adamw_separation', 20, {'total_steps': 20}),
        ('adamw_separation', 10, {'total_steps': 10}),
        ('detection_adamw', 2, {'total_steps': 2}),
        ('sgd_60e', 60, {'milestones': [20, 40]}),
        ('detection_sgd_12e', 12, {'milestones': [8, 11]}),
    ],
)
def test_the_configs_rates_are_those_of_the_lengths_written_out(make_cfg, name, epochs, explicit):
    schedule = base(name).param_scheduler
    written = [dict(s) for s in (schedule if isinstance(schedule, list) else [schedule])]
    written[-1].update(explicit)
    expected = rates(make_cfg, written, epochs)
    assert rates(make_cfg, schedule, epochs) == expected
    assert len(set(expected)) > 2


@pytest.mark.parametrize('epochs', [1, 2, 3, 6, 9])
def test_the_cycle_ends_with_the_training_whatever_its_length(make_cfg, epochs):
    found = rates(make_cfg, base('adamw_onecycle').param_scheduler, epochs)
    assert max(found) == pytest.approx(1e-3, rel=0.2)
    assert found[-1] < 1e-6


@pytest.mark.parametrize(
    ('epochs', 'stages'),
    [(60, [20, 20, 20]), (6, [2, 2, 2]), (3, [1, 1, 1]), (2, [1, 1]), (1, [1]), (5, [2, 2, 1])],
)
def test_the_papers_steps_are_thirds_of_the_training(make_cfg, epochs, stages):
    found = rates(make_cfg, base('sgd_60e').param_scheduler, epochs)[::ITERATIONS]
    expected = [10.0**-stage for stage, length in enumerate(stages) for _ in range(length)]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize('name', sorted(path.stem for path in SCHEDULES.glob('*.py')))
def test_no_schedule_of_the_configs_has_a_length_of_its_own(make_cfg, name):
    schedule = base(name).param_scheduler
    for epochs in (1, 7):
        assert len(rates(make_cfg, schedule, epochs)) == epochs * ITERATIONS


def test_whole_milestones_and_other_schedules_stay_as_they_are():
    schedule = [
        {'type': 'LinearLR', 'by_epoch': False, 'end': 500},
        {'type': 'MultiStepLR', 'milestones': [1, 8]},
    ]
    assert fit_schedule(schedule, 4, 40) == schedule
    assert fit_schedule({'a': schedule, 'b': None}, 4, 40) == {'a': schedule, 'b': None}
    shares = {'type': 'MultiStepLR', 'milestones': [0.5], 'by_epoch': False}
    assert fit_schedule(shares, 4, 40)['milestones'] == [20]
    assert shares['milestones'] == [0.5]


def test_a_cycle_that_ends_before_the_training_is_refused_before_it(make_cfg):
    cfg = make_cfg(train_cfg__max_epochs=6)
    cfg.param_scheduler = {'type': 'OneCycleLR', 'eta_max': 0.1, 'total_steps': 4}
    with pytest.raises(
        ConfigError, match=r'py: param_scheduler: total_steps=4 is less than the tr'
    ):
        run_training(cfg)
    cycle = {'type': 'OneCycleLR', 'eta_max': 0.1, 'total_steps': 4, 'end': 4}
    assert fit_schedule(cycle, 6, 60) == cycle  # another schedule may follow it


def rate_after(make_cfg, name, schedule, epochs, resume=None):
    cfg = make_cfg(name, train_cfg__max_epochs=epochs)
    cfg.param_scheduler = schedule
    return run_training(cfg, resume=resume).optim_wrapper.get_lr()['lr'][0]


@pytest.mark.parametrize('options', [{'convert_to_iter_based': True}, {}])
def test_a_finished_run_goes_on_for_more_epochs_on_the_longer_cycle(make_cfg, options):
    cycle = {'type': 'OneCycleLR', 'eta_max': 0.1, **options}
    assert rate_after(make_cfg, 'again', cycle, 2) == pytest.approx(0, abs=0.09)
    resumed = rate_after(make_cfg, 'again', cycle, 4, resume='auto')
    assert resumed == pytest.approx(rate_after(make_cfg, 'once', cycle, 4))


def test_drops_that_were_taken_stay_and_later_ones_follow_the_longer_run(make_cfg):
    steps = {'type': 'MultiStepLR', 'milestones': [0.4, 0.8], 'gamma': 0.5}
    assert rate_after(make_cfg, 'run', steps, 2) == pytest.approx(0.05)  # at 1
    assert rate_after(make_cfg, 'run', steps, 5, 'auto') == pytest.approx(0.0125)  # at 2 and 4


def test_max_epochs_of_the_command_line_is_all_that_a_longer_training_takes(make_cfg):
    cfg = make_cfg(train_cfg__max_epochs=4)
    cfg.param_scheduler = base('adamw_onecycle').param_scheduler
    apply_options(cfg, {'train_cfg.max_epochs': 6})
    runner = run_training(cfg)
    assert runner.epoch == 6
    assert runner.optim_wrapper.get_lr()['lr'][0] < 1e-5
