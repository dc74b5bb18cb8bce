"""The registries of mmavl, children of mmengine's.

A component is registered by its decorator and found by its class name in a config. The modules
named in ``locations`` are imported on the first lookup, so ``import mmavl`` stays cheap.
"""

from mmavl.utils.dependencies import check_openmmlab

check_openmmlab()

from mmengine import registry as _mmengine  # noqa: E402
from mmengine.registry import Registry  # noqa: E402

from mmavl.utils.package_configs import find_package_configs  # noqa: E402

find_package_configs()


def _child(name: str, parent: Registry, *locations: str) -> Registry:
    return Registry(name, parent=parent, scope='mmavl', locations=list(locations))


DATASETS = _child('dataset', _mmengine.DATASETS, 'mmavl.datasets')
TRANSFORMS = _child('transform', _mmengine.TRANSFORMS, 'mmavl.datasets.transforms')
#: Backbones, necks, heads, disentanglers, losses, spectrograms, preprocessors, localizers,
#: separators, taggers, and the teachers of pseudo-labels.
MODELS = _child(
    'model',
    _mmengine.MODELS,
    'mmavl.models',
    'mmavl.separators',
    'mmavl.taggers',
    'mmavl.preparation.pseudo_labels.teachers',
)
METRICS = _child('metric', _mmengine.METRICS, 'mmavl.evaluation.metrics')
HOOKS = _child('hook', _mmengine.HOOKS, 'mmavl.engine.hooks')
OPTIM_WRAPPERS = _child('optim_wrapper', _mmengine.OPTIM_WRAPPERS, 'mmavl.engine.optim_wrappers')
LOOPS = _child('loop', _mmengine.LOOPS, 'mmavl.engine.loops')
VISBACKENDS = _child('vis_backend', _mmengine.VISBACKENDS, 'mmavl.visualization')
VISUALIZERS = _child('visualizer', _mmengine.VISUALIZERS, 'mmavl.visualization')
INFERENCERS = _child(
    'inferencer',
    _mmengine.INFERENCERS,
    'mmavl.apis.localization_inferencer',
    'mmavl.apis.separation_inferencer',
)

# mmavl adds nothing of its own to these; mmengine warns at each build where a scope lacks one.
for _parent in (
    _mmengine.DATA_SAMPLERS,
    _mmengine.EVALUATOR,
    _mmengine.LOG_PROCESSORS,
    _mmengine.MODEL_WRAPPERS,
    _mmengine.OPTIM_WRAPPER_CONSTRUCTORS,
    _mmengine.OPTIMIZERS,
    _mmengine.PARAM_SCHEDULERS,
    _mmengine.WEIGHT_INITIALIZERS,
):
    _child(_parent.name, _parent)
