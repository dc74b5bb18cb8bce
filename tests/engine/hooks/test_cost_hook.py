from types import SimpleNamespace

import pytest
from torch import nn

from mmavl.engine.hooks import CostHook, cost_hook


def test_parameters_and_the_fastest_half_of_the_batches_are_added(monkeypatch):
    laps = iter([0.0, 0.4, 0.0, 0.1, 0.0, 0.3, 0.0, 0.9])
    monkeypatch.setattr(cost_hook.Stopwatch, 'lap', lambda watch: next(laps))
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, bias=False))
    model[0].requires_grad_(False)
    runner, metrics, hook = SimpleNamespace(model=model), {'pointing': 0.5}, CostHook()
    hook.before_test_epoch(runner)
    for clips in (2, 1, 2, 3):  # 200, 100, 150 and 300 ms a clip
        hook.before_test_iter(runner, 0)
        hook.after_test_iter(runner, 0, outputs=[None] * clips)
    hook.after_test_epoch(runner, metrics)
    assert metrics == {
        'pointing': 0.5,
        'cost/parameters': 10,
        'cost/trained': 2,
        'cost/ms_per_clip': pytest.approx(125),
    }
