"""Weights that timm fetches from a model hub, or says in one line why it cannot."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import timm
from torch import nn

from .failures import first_line

#: Seconds to wait for a hub's first answer.
_PATIENCE = 5.0


def create_timm(name: str, pretrained: bool = False, **kwargs: Any) -> nn.Module:
    """``timm.create_model``; without a hub, weights that were fetched before are used.

    Args:
        name (str): timm's name of the model.
        pretrained (bool): Whether to fetch its weights. Defaults to False.
        **kwargs: Further arguments of ``timm.create_model``.

    Raises:
        ConnectionError: The weights are not on this machine, and their hub cannot be reached.
    """
    if not pretrained:
        return timm.create_model(name, pretrained=False, **kwargs)
    with _one_try() as problem:
        try:
            return timm.create_model(name, pretrained=True, **kwargs)
        except OSError as error:  # also what the hub's client and urllib raise
            reason = problem or first_line(error)
            raise ConnectionError(
                f'{name}: its pretrained weights are not on this machine and cannot be fetched '
                f'({reason}). Connect to the internet; or copy the cache of a machine that has '
                "them (the folder of HF_HOME); or give a file of your own (TimmBackbone's "
                'weights=FILE); or train without them: pretrained=False'
            ) from error


@contextmanager
def _one_try() -> Iterator[str]:
    """Ask a hub that does not answer once, not for minutes; gives why it does not."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, socket.getdefaulttimeout()
    logger = logging.getLogger('huggingface_hub')
    level = logger.level
    try:
        problem = 'HF_HUB_OFFLINE is set' if before[0] else _problem(constants.ENDPOINT)
        constants.HF_HUB_OFFLINE = bool(problem)
        socket.setdefaulttimeout(_PATIENCE)  # of urllib, for weights that are not on the hub
        logger.setLevel(logging.ERROR)
        yield problem
    finally:
        constants.HF_HUB_OFFLINE = before[0]
        socket.setdefaulttimeout(before[1])
        logger.setLevel(level)


def _problem(endpoint: str) -> str:
    """Why a hub cannot be reached; empty if it answers."""
    from huggingface_hub.utils import get_session

    try:  # the hub's own client knows of proxies and certificates
        get_session().head(endpoint, timeout=_PATIENCE)
    except Exception as error:
        return f'{endpoint} does not answer: {error!r:.120}'
    return ''
