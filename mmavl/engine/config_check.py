"""Checking that the components and arguments in a config exist, before building any."""

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from mmengine import Config
from mmengine import registry as roots
from mmengine.evaluator import Evaluator
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.registry import Registry
from mmengine.runner import (
    IterBasedTrainLoop,
    LogProcessor,
    Runner,
    TestLoop,
    ValLoop,
    set_random_seed,
)
from torch.utils.data import DataLoader

import mmavl.registry  # noqa: F401  adds mmavl's registries to mmengine's
from mmavl.engine.config_values import accepts, arguments_of, words
from mmavl.engine.loops import ResumableEpochLoop
from mmavl.engine.schedules import fit_schedule
from mmavl.errors import ConfigError

#: Config keys that mmengine reads besides the arguments of its Runner.
RUNNER_KEYS = {
    *inspect.signature(Runner).parameters,
    'model_wrapper_cfg', 'custom_imports', 'compile', 'sync_bn', 'find_unused_parameters',
    'activation_checkpointing', 'efficient_conv_bn_eval',
}  # fmt: skip
_REGISTRIES = [r for r in vars(roots).values() if isinstance(r, Registry)]
_SCOPES = (None, 'mmavl', 'mmengine')
#: Packages whose components may interpret a dict differently and report errors themselves.
_FOREIGN = ('mmengine', 'mmcv', 'mmdet', 'torch', 'torchvision')
_COUNTS = ('max_epochs', 'max_iters', 'val_interval')


class _Builder(NamedTuple):
    """How an entry is built: its registry, and the keys that the builder adds, reads or needs."""

    registry: Registry | None
    handles: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    siblings: Collection[str] = ()


_MODEL = _Builder(roots.MODELS)
_METRIC = _Builder(roots.METRICS)
_LOOP = _Builder(roots.LOOPS, ('runner', 'dataloader', 'evaluator', 'by_epoch'))
_HOOK = _Builder(roots.HOOKS, ('priority',))
_LOADER = _Builder(
    None,
    ('num_batch_per_epoch', 'disable_subprocess_warning', 'allow_missing'),
    ('dataset', 'sampler'),
)
#: Builders by top-level key, for an entry or a list of entries.
_SECTIONS = {
    'model': _MODEL,
    'data_preprocessor': _MODEL,
    **dict.fromkeys(('train_dataloader', 'val_dataloader', 'test_dataloader'), _LOADER),
    **dict.fromkeys(('train_cfg', 'val_cfg', 'test_cfg'), _LOOP),
    **dict.fromkeys(('val_evaluator', 'test_evaluator'), _METRIC),
    **dict.fromkeys(('default_hooks', 'custom_hooks'), _HOOK),
    'optim_wrapper': _Builder(roots.OPTIM_WRAPPERS, ('constructor', 'paramwise_cfg')),
    'param_scheduler': _Builder(
        roots.PARAM_SCHEDULERS,
        ('optimizer', 'param_name', 'epoch_length', 'convert_to_iter_based'),
    ),
    'visualizer': _Builder(roots.VISUALIZERS, ('name', 'save_dir')),
    'log_processor': _Builder(roots.LOG_PROCESSORS),
    'model_wrapper_cfg': _Builder(roots.MODEL_WRAPPERS, ('module', 'device_ids')),
    'randomness': _Builder(None),
}
#: Builders by key at any depth, except in models.
_NESTED = {
    **dict.fromkeys(('dataset', 'datasets'), _Builder(roots.DATASETS)),
    **dict.fromkeys(('pipeline', 'transforms'), _Builder(roots.TRANSFORMS)),
    'sampler': _Builder(roots.DATA_SAMPLERS, ('dataset', 'seed')),
    'batch_sampler': _Builder(roots.DATA_SAMPLERS, ('sampler', 'batch_size')),
    'metrics': _METRIC,
    'optimizer': _Builder(roots.OPTIMIZERS, ('params', 'model_params')),
    'vis_backends': _Builder(roots.VISBACKENDS, ('save_dir',)),
}
#: What is built from an entry without a type.
_DEFAULTS = {
    **dict.fromkeys(('train_dataloader', 'val_dataloader', 'test_dataloader'), DataLoader),
    'val_cfg': ValLoop,
    'test_cfg': TestLoop,
    'log_processor': LogProcessor,
    'model_wrapper_cfg': MMDistributedDataParallel,
    'randomness': set_random_seed,
}


def check_config(cfg: Config, sections: Collection[str] = ()) -> None:
    """Look up every component of a config, and check its arguments.

    An unknown name is an error where a component is certainly built: in the sections
    of a run, and as an argument of mmavl's components. Elsewhere, a dict with a type may be data.

    Args:
        cfg (Config): The config; its ``custom_imports`` are imported.
        sections (Collection[str]): Top-level keys that are built. Defaults to those of a
            run, which needs a model.

    Raises:
        ConfigError: Components or arguments do not exist, arguments are missing, or values
            do not match their type hints; the message lists all of them with their places.
    """
    check = _Check()
    for name in sections or ('model',):
        if name not in cfg:
            hint = nearest(name, cfg.keys() - RUNNER_KEYS, name)
            check.add('', f'missing key {name!r}{hint}')
    if cfg.get('default_scope') in _SCOPES:
        content = sections_of(cfg, sections)
        if 'param_scheduler' in content:  # milestones may be shares of the length
            content['param_scheduler'] = fit_schedule(content['param_scheduler'], 1, 1)
        check.values(content, arguments_of(Runner)[0], '')
        for name, section in content.items():
            known = _SECTIONS.get(name)
            check.walk(section, name, known or _MODEL, None if known else 'mmavl')
    check.finish()


def sections_of(cfg: Config, sections: Collection[str] = ()) -> dict[str, Any]:
    """The parts of a config that are built: ``sections``, by default those of a run."""
    return {k: v for k, v in cfg.to_dict().items() if k in (sections or RUNNER_KEYS)}


class _Check:
    """The mistakes found so far, each with its places."""

    def __init__(self) -> None:
        self.mistakes: dict[str, list[str]] = {}

    def add(self, place: str, message: str) -> None:
        self.mistakes.setdefault(message, []).append(place)

    def finish(self) -> None:
        lines = [f'{", ".join(p)}: {text}' if p[0] else text for text, p in self.mistakes.items()]
        if len(lines) > 1:
            lines.insert(0, f'{len(lines)} mistakes')
        if lines:
            raise ConfigError('\n  '.join(lines))

    def walk(self, node: Any, place: str, builder: _Builder, owner: str | None) -> None:
        """Check a node and everything below it.

        Args:
            node (Any): A value of the config.
            place (str): Its dotted key.
            builder (_Builder): How it is built, if it is an entry.
            owner (str, optional): The package of the component whose argument it is; None
                if it is certainly an entry.
        """
        if isinstance(node, list | tuple):
            for index, item in enumerate(node):
                self.walk(item, f'{place}.{index}', builder, owner)
        if not isinstance(node, dict) or node.get('_scope_') not in _SCOPES or owner in _FOREIGN:
            return
        if _is_group(place, node):
            for key, entry in node.items():
                self.walk(
                    entry, f'{place}.{key}', builder._replace(siblings={*node} - {key}), None
                )
            return
        component = self._component(node, place, builder, owner)
        if component is not None:
            self._arguments(node, place, builder, component)
        owner = owner or '' if component is None else package_of(component)
        for key, value in node.items():
            nested = None if builder.registry is roots.MODELS else _NESTED.get(key)
            below = nested or _Builder(builder.registry or roots.MODELS)
            self.walk(value, f'{place}.{key}', below, None if nested else owner)

    def _component(
        self, node: dict, place: str, builder: _Builder, owner: str | None
    ) -> Callable | None:
        """What is built from an entry; None if unknown."""
        kind = node.get('type') or _default(place, node)
        if kind is None and owner is None:
            hint = nearest('type', node, 'type')
            hint = hint or nearest(place.rpartition('.')[2], builder.siblings)
            self.add(place, f"has no 'type'{hint}")
        if not isinstance(kind, str):
            return kind if callable(kind) else None
        registry = builder.registry
        if registry is None:
            self.add(place, f"has no 'type' to choose: remove type={kind!r}")
            return None
        if registry is roots.METRICS and 'metrics' in node:
            registry = roots.EVALUATOR
        component = look_up(registry, kind)
        if component is None and owner is not None:
            elsewhere = {look_up(other, kind) for other in _REGISTRIES} - {None}
            component = elsewhere.pop() if len(elsewhere) == 1 else None
        if component is None and owner in (None, 'mmavl'):
            self.add(place, unknown(registry.children.get('mmavl', registry), kind))
        return component

    def _arguments(self, node: dict, place: str, builder: _Builder, component: Callable) -> None:
        parameters, takes_any = arguments_of(component)
        name = getattr(component, '__name__', str(component))
        required = [k for k, p in parameters.items() if p.default is p.empty]
        present = {*node, *builder.handles}
        missing = [k for k in (builder.needs or required) if k not in present]
        for key in node:
            if takes_any or key in {'type', '_scope_', *builder.handles, *parameters}:
                continue
            near = nearest(key, parameters)
            missing = [other for other in missing if repr(other) not in near]
            taken = ', '.join(parameters) or 'nothing'
            self.add(place, f'{name} has no argument {key!r}{near or f"; it has {taken}"}')
        if missing:
            self.add(place, f'{name} needs {", ".join(map(repr, missing))}')
        self.values(node, parameters, place)

    def values(self, node: dict, parameters: dict[str, inspect.Parameter], place: str) -> None:
        """Compare an entry's values with the type hints of the arguments."""
        for key, value in node.items():
            hint = parameters[key].annotation if key in parameters else Any
            if not accepts(hint, value):
                self.add(place, f'{key}={value!r} must be {words(hint)}')
            elif place == 'train_cfg' and key in _COUNTS and isinstance(value, int) and value < 1:
                self.add(place, f'{key}={value!r} must be at least 1')


def _is_group(place: str, node: dict) -> bool:
    """Whether a section is a dict of named entries, such as hooks or optimizers."""
    if place == 'default_hooks':
        return True
    named = all(isinstance(v, dict | list) for k, v in node.items() if k != 'constructor')
    return place in ('param_scheduler', 'optim_wrapper') and named and not _default(place, node)


def _default(place: str, node: dict) -> Callable | None:
    """What is built from a section without a type."""
    if place == 'train_cfg' and 'by_epoch' in node:
        return ResumableEpochLoop if node['by_epoch'] else IterBasedTrainLoop
    if place == 'optim_wrapper' and 'optimizer' in node:
        return OptimWrapper
    if place.endswith('_evaluator') and 'metrics' in node:
        return Evaluator
    return _DEFAULTS.get(place)


def package_of(component: Callable) -> str:
    """The package that defines a component."""
    return str(getattr(component, '__module__', '')).partition('.')[0]


def look_up(registry: Registry, kind: str) -> Callable | None:
    """Look a component up by name in mmavl's scope; None if there is none."""
    scope: Registry = registry.children.get('mmavl', registry)
    if '.' in kind:  # a scope or a module
        try:
            return scope.get(kind)
        except RuntimeError:
            return None
    scope.import_from_location()
    node: Registry | None = scope
    while node is not None and kind not in node.module_dict:
        node = node.parent
    return node and node.module_dict[kind]


def unknown(registry: Registry, kind: str) -> str:
    """The message that a registry has no component of a name, with a similar name."""
    node: Registry | None = registry
    known = {name for child in registry.children.values() for name in child.module_dict}
    while node is not None:
        known |= {*node.module_dict}
        node = node.parent
    return f'no {registry.name} is called {kind!r}{nearest(kind, known)}'


def nearest(name: str, known: Iterable[str], wanted: str = '') -> str:
    """Suggest the most similar known name; '' if none is similar.

    Args:
        name (str): The unknown name.
        known (Iterable[str]): The known names.
        wanted (str): What to write instead of the similar name. Defaults to '': nothing.

    Returns:
        str: E.g. "; did you mean 'width'?"
    """
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    instead = f'{wanted!r} instead of ' if wanted else ''
    return f'; did you mean {instead}{close[0]!r}?' if close else ''
