"""Learning rate schedules that follow the length of the training."""

import math
from typing import Any

from mmengine.optim import _ParamScheduler

from mmavl.errors import ConfigError

#: Attributes of mmengine's schedules that depend on the length of the training.
_LENGTHS = (
    'begin', 'end', 'total_steps', '_schedule_phases', 'milestones', 'T_max', 'total_iters',
)  # fmt: skip


def fit_schedule(schedule: Any, max_epochs: int, max_iters: int) -> Any:
    """Fit a config's ``param_scheduler`` to the length of the training.

    mmengine itself uses the whole training for a missing ``total_steps`` or ``T_max``.
    Here, ``milestones`` below 1 become shares of it, rounded up, and a cycle that would end before
    the training is an error.

    Args:
        schedule (Any): A dict, a list of them, a dict of them by optimizer, or None.
        max_epochs (int): Number of epochs.
        max_iters (int): Number of iterations.

    Returns:
        Any: The same with integer milestones; values other than dicts are unchanged.

    Raises:
        ConfigError: ``total_steps`` is less than the length of the training.
    """
    if isinstance(schedule, list | tuple):
        return [fit_schedule(item, max_epochs, max_iters) for item in schedule]
    if not isinstance(schedule, dict):
        return schedule
    if 'type' not in schedule:
        return {key: fit_schedule(item, max_epochs, max_iters) for key, item in schedule.items()}
    unit, length = 'epochs', max_epochs
    if not schedule.get('by_epoch', True):
        unit, length = 'iterations', max_iters
    fitted = dict(schedule)
    if 'milestones' in fitted:
        fitted['milestones'] = [_whole(step, length) for step in fitted['milestones']]
    steps = fitted.get('total_steps') or length
    if fitted.get('begin', 0) + steps < min(fitted.get('end', length), length):
        raise ConfigError(
            f'param_scheduler: total_steps={steps} is less than the training of {length} {unit}: '
            'remove total_steps, so that the schedule follows train_cfg'
        )
    return fitted


def lengths_of(schedules: Any) -> list[tuple[_ParamScheduler, dict[str, Any]]]:
    """Each schedule, with its attributes that depend on the length of the training."""
    if isinstance(schedules, _ParamScheduler):
        return [(schedules, {k: v for k, v in vars(schedules).items() if k in _LENGTHS})]
    if isinstance(schedules, dict):
        schedules = list(schedules.values())
    if not isinstance(schedules, list):
        return []
    return [pair for item in schedules for pair in lengths_of(item)]


def restore_length(schedule: _ParamScheduler, length: dict[str, Any]) -> None:
    """Restore the length of a resumed schedule, and the steps that depend on it.

    Factors already applied by a shorter schedule remain.

    Args:
        schedule (_ParamScheduler): With the state of a checkpoint.
        length (dict[str, Any]): From :func:`lengths_of`, before it was loaded.
    """
    vars(schedule).update(length)
    # a schedule that had ended took no further step, and may now have some left
    now = schedule._global_step
    schedule._global_step = schedule.begin + schedule.last_step
    while schedule._global_step < min(now, schedule.end - 1):
        schedule.step()
    schedule._global_step = now


def _whole(step: float, length: int) -> float:
    # rounded up, so that no stage is empty; minus rounding errors (2 / 3 of 60)
    share = isinstance(step, float) and 0 < step < 1
    return math.ceil(step * length - 1e-6) if share else step
