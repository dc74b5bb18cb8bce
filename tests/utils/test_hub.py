import socket
import threading
import time

import pytest
import timm
from huggingface_hub import constants

from mmavl.errors import CheckpointError
from mmavl.registry import MODELS
from mmavl.utils import hub


@pytest.fixture
def unreachable(monkeypatch, tmp_path):
    """A hub that nobody answers for, and an empty cache."""
    with socket.socket() as port:
        port.bind(('127.0.0.1', 0))
        endpoint = f'http://127.0.0.1:{port.getsockname()[1]}'
    monkeypatch.setattr(constants, 'ENDPOINT', endpoint)
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path))
    return endpoint


@pytest.mark.parametrize(
    'kind', [{'type': 'ResNet18'}, {'type': 'TimmBackbone', 'name': 'resnet18'}]
)
def test_a_hub_that_cannot_be_reached_is_one_line_at_once_with_the_ways_out(unreachable, kind):
    begin = time.monotonic()
    with pytest.raises(ConnectionError) as info:
        MODELS.build({**kind, 'pretrained': True})
    assert time.monotonic() - begin < 10
    text = str(info.value)
    assert '\n' not in text
    for part in (unreachable, 'resnet18', 'HF_HOME', 'weights=FILE', 'pretrained=False'):
        assert part in text


def test_settings_of_the_hub_and_of_sockets_are_as_before(unreachable):
    before = constants.HF_HUB_OFFLINE, socket.getdefaulttimeout()
    with pytest.raises(ConnectionError):
        hub.create_timm('resnet18', pretrained=True)
    assert before == (constants.HF_HUB_OFFLINE, socket.getdefaulttimeout())


def test_without_a_hub_what_was_fetched_before_is_used(unreachable, monkeypatch):
    asked = []
    monkeypatch.setattr(timm, 'create_model', lambda name, **kwargs: asked.append((
        name, kwargs, constants.HF_HUB_OFFLINE
    )))  # fmt: skip
    hub.create_timm('resnet18', pretrained=True, in_chans=1)
    assert asked == [('resnet18', {'pretrained': True, 'in_chans': 1}, True)]


def test_no_hub_is_asked_where_no_weights_are_wanted(monkeypatch):
    monkeypatch.setattr(hub, '_problem', None)
    assert hub.create_timm('resnet18', num_classes=2).fc.out_features == 2


def test_the_file_of_a_url_is_fetched_once_and_its_checksum_is_checked(tmp_path, monkeypatch):
    monkeypatch.setenv('MMAVL_CACHE', str(tmp_path / 'cache'))
    there = tmp_path / 'a=1.pth'
    there.write_bytes(b'abc')
    url = there.as_uri().replace('=', '%3D') + '#md5=900150983cd24fb0d6963f7d28e17f72'
    path = hub.fetch_weights(url)
    assert path == str(tmp_path / 'cache' / 'weights' / 'a=1.pth')
    there.unlink()
    assert hub.fetch_weights(url) == path
    with pytest.raises(
        CheckpointError, match=r'a=1\.pth has MD5 900.*, expected 00: delete it to'
    ):
        hub.fetch_weights(url.partition('#')[0] + '#md5=00')
    for location in ('some/where.pth', 'pkg://package/w.pth'):
        assert hub.fetch_weights(location) == location


def test_a_url_that_cannot_be_reached_is_one_line_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv('MMAVL_CACHE', str(tmp_path / 'cache'))
    with pytest.raises(ConnectionError) as info:
        hub.fetch_weights('http://127.0.0.1:9/w.pth?download=1')
    assert '\n' not in str(info.value)
    assert 'w.pth?download=1 cannot be downloaded' in str(info.value)
    assert str(tmp_path / 'cache' / 'weights' / 'w.pth') in str(info.value)
    assert not [*tmp_path.rglob('*.*')]


def test_a_download_that_ends_early_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv('MMAVL_CACHE', str(tmp_path / 'cache'))
    with socket.create_server(('127.0.0.1', 0)) as server:

        def answer():
            peer = server.accept()[0]
            peer.recv(1000)
            peer.sendall(b'HTTP/1.0 200 OK\r\nContent-Length: 2000\r\n\r\nabc')
            peer.close()

        threading.Thread(target=answer, daemon=True).start()
        url = f'http://127.0.0.1:{server.getsockname()[1]}/w.pth'
        with pytest.raises(ConnectionError, match='received only 3 of 2,000 bytes'):
            hub.fetch_weights(url)
    assert not [*(tmp_path / 'cache' / 'weights').iterdir()]
