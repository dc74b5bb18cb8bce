"""Inference with trained models: inferencers from media files to results.

Each name is imported when it is first used, so that commands can refuse wrong arguments without
waiting for PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .localization import Localization
    from .localization_inferencer import LocalizationInferencer
    from .result import Result, Results
    from .separation import Separation
    from .separation_inferencer import SeparationInferencer

__all__ = [
    'Localization',
    'LocalizationInferencer',
    'Result',
    'Results',
    'Separation',
    'SeparationInferencer',
]

_MODULES = {
    'Localization': 'localization',
    'LocalizationInferencer': 'localization_inferencer',
    'Result': 'result',
    'Results': 'result',
    'Separation': 'separation',
    'SeparationInferencer': 'separation_inferencer',
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_MODULES[name]}'), name)
