"""What the taggers of the package transformers share."""

from types import ModuleType
from typing import Any

from mmavl.errors import CheckpointError
from mmavl.utils.failures import first_line
from mmavl.utils.hub import fetching


def transformers_for(tagger: str) -> ModuleType:
    """The package transformers.

    Raises:
        ModuleNotFoundError: It is not installed; says how to install it.
    """
    try:
        import transformers
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'{tagger} needs transformers. Run: pip install transformers==5.24.0'
        ) from error
    return transformers


def load_all(weights: str, *kinds: type) -> list[Any]:
    """``from_pretrained`` of several classes for one name on the hub, or one folder.

    Raises:
        ConnectionError: A file is neither in the folder nor on this machine, and cannot be
            fetched.
        CheckpointError: The weights are another model's.
    """
    with fetching(weights, 'and its config, as save_pretrained writes them, in one folder'):
        loaded = [kind.from_pretrained(weights) for kind in kinds[1:]]
        try:
            net, report = kinds[0].from_pretrained(weights, output_loading_info=True)
        except (RuntimeError, ValueError) as error:
            raise CheckpointError(f'{weights} cannot be read: {first_line(error)}') from error
    missing = sorted(report['missing_keys'])
    if missing:
        raise CheckpointError(
            f'{weights} does not fit {kinds[0].__name__}: it has no {missing[0]!r} '
            f'({len(missing)} tensors are missing)'
        )
    return [net.eval(), *loaded]
