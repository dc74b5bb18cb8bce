import subprocess
import sys
from pathlib import Path

import pytest
from mmengine import registry as mmengine_registry
from mmengine.registry import DefaultScope, Registry, init_default_scope

from mmavl import registry

ROOT = Path(__file__).parents[1]
NAMES = [
    name
    for name, value in vars(registry).items()
    if isinstance(value, Registry) and not name.startswith('_')
]


def test_every_registry_that_the_design_names_is_there():
    wanted = 'DATASETS TRANSFORMS MODELS METRICS HOOKS OPTIM_WRAPPERS VISUALIZERS INFERENCERS'
    assert {*wanted.split(), 'LOOPS', 'VISBACKENDS'} == {*NAMES}


@pytest.mark.parametrize('name', NAMES)
def test_a_registry_is_the_child_of_mmengines_of_the_same_name(name):
    own, parent = getattr(registry, name), getattr(mmengine_registry, name)
    assert own.scope == 'mmavl'
    assert own.parent is parent
    assert parent.children['mmavl'] is own


@pytest.mark.parametrize(
    ('name', 'component'),
    [
        ('DATASETS', 'AVDataset'),
        ('TRANSFORMS', 'LoadFrame'),
        ('MODELS', 'CoarseToFine'),
        ('MODELS', 'PairContrastiveLoss'),
        ('METRICS', 'LocalizationMetric'),
        ('HOOKS', 'AtomicCheckpointHook'),
        ('OPTIM_WRAPPERS', 'AutocastOptimWrapper'),
        ('LOOPS', 'ResumableEpochLoop'),
        ('VISUALIZERS', 'AVVisualizer'),
        ('VISBACKENDS', 'AtomicVisBackend'),
    ],
)
def test_a_component_is_found_by_its_name(name, component):
    found = getattr(registry, name).get(component)
    assert found.__name__ == component
    assert found.__module__.startswith('mmavl.')


def test_mmengines_components_are_found_where_mmavl_has_none():
    assert registry.HOOKS.get('LoggerHook').__module__.startswith('mmengine.')
    assert registry.MODELS.get('NoSuchModel') is None


def test_within_the_scope_mmengines_registries_find_mmavls_components():
    previous = DefaultScope.get_current_instance()
    init_default_scope('mmavl')
    try:
        with mmengine_registry.MODELS.switch_scope_and_registry(None) as used:
            assert used is registry.MODELS
        with mmengine_registry.OPTIMIZERS.switch_scope_and_registry(None) as used:
            assert used.scope == 'mmavl'  # else mmengine warns at each build
            assert used.get('SGD').__module__.startswith('torch.')
    finally:
        init_default_scope(previous.scope_name if previous else 'mmengine')


def test_components_are_imported_at_the_first_lookup_and_not_before():
    script = """
import sys
from mmavl.registry import HOOKS, MODELS
heavy = {'mmavl.models', 'mmavl.datasets', 'timm', 'torchaudio'}
print(sorted(heavy & {*sys.modules}))
MODELS.get('TagLoss')
print('mmavl.models' in sys.modules, 'mmavl.engine.hooks' in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, '-c', script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ['[]', 'True False']
