"""Downloading pretrained weights from model hubs, with one-line errors."""

import hashlib
import logging
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import timm
from mmengine.logging import print_log

from mmavl.errors import CheckpointError

from .cache import cache_dir
from .failures import first_line
from .files import atomic_write

#: Seconds to wait for a hub's first response.
_PATIENCE = 5.0


# Any: what timm's modules have in common, such as forward_features, no class of theirs declares
def create_timm(name: str, pretrained: bool = False, **kwargs: Any) -> Any:
    """``timm.create_model``; if the hub is unreachable, cached weights are used.

    Args:
        name (str): timm's name of the model.
        pretrained (bool): Whether to download its weights. Defaults to False.
        **kwargs: Further arguments of ``timm.create_model``.

    Raises:
        ConnectionError: The weights are not on this machine, and the hub is unreachable.
    """
    if not pretrained:
        return timm.create_model(name, pretrained=False, **kwargs)
    with fetching(name, 'or train without them: pretrained=False'):
        return timm.create_model(name, pretrained=True, **kwargs)


@contextmanager
def fetching(what: str, advice: str = '') -> Iterator[None]:
    """A context in which libraries download weights; if the hub is unreachable, use the cache.

    Args:
        what (str): What is downloaded, for the message.
        advice (str): Further advice for the message. Defaults to none.

    Raises:
        ConnectionError: It is not on this machine, and the hub is unreachable.
    """
    with _one_try() as problem:
        try:
            yield
        except OSError as error:  # also what the hub's client and urllib raise
            reason = problem or first_line(error)
            ways = [
                'Connect to the internet',
                'or copy the cache of a machine that has them (the folder HF_HOME)',
                'or use a local file (weights=FILE)',
                advice,
            ]
            raise ConnectionError(
                f'{what}: the pretrained weights are not on this machine and cannot be downloaded '
                f'({reason}). {"; ".join(filter(None, ways))}'
            ) from error


def fetch_weights(location: str) -> str:
    """Download the weights at a URL once, to :func:`mmavl.utils.cache.cache_dir`.

    Args:
        location (str): A URL, with or without the file's checksum (``https://...#md5=...``); a
            path or ``pkg://package/path`` is returned unchanged.

    Returns:
        str: The path of the file.

    Raises:
        ConnectionError: The file is not on this machine and cannot be downloaded.
        CheckpointError: Its checksum differs.
    """
    if '://' not in location or location.startswith('pkg://'):
        return location
    url, _, expected = location.partition('#md5=')
    path = cache_dir() / 'weights' / unquote(Path(urlsplit(url).path).name)
    if not path.is_file():
        _download(url, path)
    if expected and (actual := hashlib.md5(path.read_bytes()).hexdigest()) != expected:
        raise CheckpointError(
            f'{path} has MD5 {actual}, expected {expected}: delete it to download it again'
        )
    return str(path)


def _download(url: str, path: Path) -> None:
    print_log(f'Downloading {url} to {path}', 'current')
    request = Request(url, headers={'User-Agent': 'mmavl'})
    try:
        with urlopen(request, timeout=_PATIENCE) as answer, atomic_write(path, 'wb') as file:
            shutil.copyfileobj(answer, file)
            size = answer.headers['Content-Length']
            if size and file.tell() != int(size):
                raise OSError(f'received only {file.tell():,} of {int(size):,} bytes')
    except OSError as error:
        raise ConnectionError(
            f'{url} cannot be downloaded ({first_line(error)}). Connect to the internet; or put '
            f'the file at {path}; or give its path (weights=FILE)'
        ) from error


@contextmanager
def _one_try() -> Iterator[str]:
    """Try an unreachable hub only once instead of for minutes; yields why it is unreachable."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, socket.getdefaulttimeout()
    logger = logging.getLogger('huggingface_hub')
    level = logger.level
    try:
        problem = 'HF_HUB_OFFLINE is set' if before[0] else _problem(constants.ENDPOINT)
        constants.HF_HUB_OFFLINE = bool(problem)
        socket.setdefaulttimeout(_PATIENCE)  # for urllib, used for weights outside the hub
        logger.setLevel(logging.ERROR)
        yield problem
    finally:
        constants.HF_HUB_OFFLINE = before[0]
        socket.setdefaulttimeout(before[1])
        logger.setLevel(level)


def _problem(endpoint: str) -> str:
    """Why a hub cannot be reached; empty if it responds."""
    from huggingface_hub.utils import get_session

    try:  # the hub's client handles proxies and certificates
        get_session().head(endpoint, timeout=_PATIENCE)
    except Exception as error:
        return f'{endpoint} does not respond: {error!r:.120}'
    return ''
