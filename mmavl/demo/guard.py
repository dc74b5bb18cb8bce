"""What may reach the page's server: requests of the page itself, with bodies there is room for."""

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .uploads import Uploads

#: Names of this machine; any port, since the page's may be forwarded.
_OWN = {'127.0.0.1', 'localhost', '::1'}
#: Bytes of a request that is not an upload.
_LONGEST_MESSAGE = 10**6


class Guard:
    """ASGI middleware for a server on this machine alone.

    A foreign ``Host`` is what a page elsewhere sends after it has let its own name point here (DNS
    rebinding); a foreign ``Origin`` belongs to a page elsewhere that sends requests here. Neither
    gets an answer that its page could read, nor reaches anything behind.

    Args:
        app (ASGIApp): What is guarded.
        uploads (Uploads): Where request bodies end up.
    """

    def __init__(self, app: ASGIApp, uploads: Uploads) -> None:
        self.app = app
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        elsewhere = '://' in scope['path'] or '/proxy=' in scope['path']  # Gradio would fetch it
        if scope['type'] != 'http' or elsewhere or not _is_own(headers):
            refusal = PlainTextResponse('This page answers its own requests only.', 403)
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
            refusal = PlainTextResponse('There is no room for this: try again in 10 minutes.', 413)
            await refusal(scope, receive, send)


def _headers(scope: Scope) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in scope['headers']:
        headers.setdefault(name.decode('latin-1').lower(), []).append(value.decode('latin-1'))
    return headers


def _is_own(headers: dict[str, list[str]]) -> bool:
    """Whether a request names this machine and comes from no other page."""
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
    """Bytes of the body; None where they are not said."""
    lengths = headers.get('content-length', [])
    if 'transfer-encoding' in headers or len(lengths) > 1:
        return None
    if not lengths:
        return 0 if method in ('GET', 'HEAD', 'OPTIONS', 'DELETE') else None
    return int(lengths[0]) if lengths[0].isdecimal() else None
