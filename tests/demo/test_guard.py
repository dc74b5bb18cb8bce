import asyncio

import pytest

from mmavl.demo.uploads import Uploads

pytest.importorskip('starlette')

from mmavl.demo.guard import Guard


@pytest.fixture
def ask(tmp_path):
    """Ask a guarded application that answers 200; gives the status, and what it reserved."""
    uploads = Uploads(tmp_path, quota=10**6)
    reserved = []

    async def app(scope, receive, send):
        reserved.append(uploads._promised)
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})

    def ask(method='GET', path='/config', **headers):
        headers = {'host': '127.0.0.1:7860', **headers}
        pairs = [(k.replace('_', '-').encode(), v.encode()) for k, v in headers.items() if v]
        scope = {'type': 'http', 'method': method, 'path': path, 'headers': pairs}
        sent = []

        async def send(message):
            sent.append(message)

        asyncio.run(Guard(app, uploads)(scope, None, send))
        assert uploads._promised == 0
        return sent[0]['status']

    ask.reserved = reserved
    return ask


@pytest.mark.parametrize(
    'headers',
    [
        {},
        {'host': 'localhost:9000'},  # forwarded from another port
        {'host': '[::1]:7860'},
        {'origin': 'http://127.0.0.1:7860'},
        {'host': 'LOCALHOST:7860', 'origin': 'http://localhost:7860'},
        {'sec_fetch_site': 'same-origin', 'sec_fetch_mode': 'cors'},
        {'sec_fetch_site': 'cross-site', 'sec_fetch_mode': 'navigate'},  # a link to the page
    ],
)
def test_the_pages_own_requests_are_answered(ask, headers):
    assert ask(**headers) == 200


@pytest.mark.parametrize(
    'headers',
    [
        {'host': 'evil.example'},
        {'host': 'evil.example:7860', 'origin': 'http://evil.example:7860'},
        {'host': '127.0.0.1.evil.example'},
        {'host': 'localhost.'},
        {'host': ''},
        {'host': '[::1'},
        {'origin': 'http://evil.example'},
        {'origin': 'null'},
        {'origin': 'http://localhost:7860'},  # another origin than 127.0.0.1
        {'origin': 'https://127.0.0.1:7860'},
        {'origin': 'http://127.0.0.1:8000'},
        {'sec_fetch_site': 'cross-site', 'sec_fetch_mode': 'no-cors'},
        {'sec_fetch_site': 'same-site', 'sec_fetch_mode': 'cors'},
    ],
)
@pytest.mark.parametrize('method', ['GET', 'OPTIONS', 'POST'])
def test_requests_for_or_from_another_page_reach_nothing(ask, headers, method):
    assert ask(method, content_length='0', **headers) == 403
    assert ask.reserved == []


def test_a_request_that_names_two_hosts_is_refused(tmp_path):
    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b'host', b'127.0.0.1'), (b'host', b'evil.example')]
    scope = {'type': 'http', 'method': 'GET', 'path': '/', 'headers': headers}
    asyncio.run(Guard(pytest.fail, Uploads(tmp_path))(scope, None, send))
    assert sent[0]['status'] == 403


@pytest.mark.parametrize('path', ['/gradio_api/file=http://x.org/y', '/gradio_api/proxy=x'])
def test_nothing_is_fetched_for_a_request(ask, path):
    assert ask(path=path) == 403


@pytest.mark.parametrize(
    ('path', 'length', 'status', 'reserved'),
    [
        ('/gradio_api/upload', '900000', 200, 900000),
        ('/gradio_api/upload/', '900000', 200, 900000),
        ('/gradio_api/upload', '1100000', 413, None),
        ('/gradio_api/queue/join', '900000', 200, 0),
        ('/gradio_api/queue/join', '1100000', 413, None),
        ('/gradio_api/upload', None, 411, None),
        ('/gradio_api/upload', '-5', 411, None),
        ('/gradio_api/upload', '1e3', 411, None),
    ],
)
def test_a_body_needs_a_length_and_room(ask, path, length, status, reserved):
    assert ask('POST', path, content_length=length) == status
    assert ask.reserved == ([] if reserved is None else [reserved])


def test_a_body_of_no_said_length_is_refused(ask):
    assert ask('POST', '/gradio_api/upload', transfer_encoding='chunked') == 411
