"""Filtering requests to the page's server: only from the page itself, and of limited size."""

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .uploads import Uploads

#: Names of this machine; any port is allowed, since the page's port may be forwarded.
_OWN = {'127.0.0.1', 'localhost', '::1'}
#: Maximum bytes of a request other than an upload.
_LONGEST_MESSAGE = 10**6


class Guard:
    """ASGI middleware for a server that is only for this machine.

    A foreign ``Host`` comes from a page elsewhere whose name has been pointed here (DNS
    rebinding); a foreign ``Origin`` from a page elsewhere that sends requests here. Both
    are rejected before they reach the server.

    Args:
        app (ASGIApp): The guarded application.
        uploads (Uploads): Where request bodies are stored.
    """

    def __init__(self, app: ASGIApp, uploads: Uploads) -> None:
        self.app = app
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or reject it."""
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        elsewhere = '://' in scope['path'] or '/proxy=' in scope['path']  # Gradio would request it
        if scope['type'] != 'http' or elsewhere or not _is_own(headers):
            refusal = PlainTextResponse('This page answers only its own requests.', 403)
            await refusal(scope, receive, send)
            return
        size = _body_size(scope['method'], headers)
        if size is None:
            refusal = PlainTextResponse('A request must state its length.', 411)
            await refusal(scope, receive, send)
            return
        if size <= _LONGEST_MESSAGE and not scope['path'].rstrip('/').endswith('/upload'):
            await self.app(scope, receive, send)
        elif await run_in_threadpool(self.uploads.reserve, size):
            try:
                await self.app(scope, receive, send)
            finally:
                self.uploads.release(size)
        else:
            refusal = PlainTextResponse('Not enough space: try again in 10 minutes.', 413)
            await refusal(scope, receive, send)


def _headers(scope: Scope) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in scope['headers']:
        headers.setdefault(name.decode('latin-1').lower(), []).append(value.decode('latin-1'))
    return headers


def _is_own(headers: dict[str, list[str]]) -> bool:
    """Whether a request addresses this machine and comes from this page."""
    hosts = headers.get('host', [])
    if len(hosts) != 1 or _name(f'//{hosts[0]}') not in _OWN:
        return False
    if any(origin.lower() != f'http://{hosts[0].lower()}' for origin in headers.get('origin', [])):
        return False
    # a page elsewhere may link to this one, but not load parts of it
    site = headers.get('sec-fetch-site', ['none'])[0]
    mode = headers.get('sec-fetch-mode', ['navigate'])[0]
    return site in ('none', 'same-origin') or mode == 'navigate'


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _body_size(method: str, headers: dict[str, list[str]]) -> int | None:
    """Size of the body in bytes; None if unknown."""
    lengths = headers.get('content-length', [])
    if 'transfer-encoding' in headers or len(lengths) > 1:
        return None
    if not lengths:
        return 0 if method in ('GET', 'HEAD', 'OPTIONS', 'DELETE') else None
    return int(lengths[0]) if lengths[0].isdecimal() else None
