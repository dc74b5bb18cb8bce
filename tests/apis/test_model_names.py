import http.server
import shutil
import threading

import pytest

from mmavl.apis import model_names
from mmavl.apis.model_files import load_model
from mmavl.apis.model_names import find_model, weights_title, wheel_weights
from mmavl.errors import CheckpointError

MOST_MEGABYTES = 8


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A stub of the Hugging Face hub with one repository, 'someone/scenes'."""
    (content,) = [path.read_bytes() for path in [wheel_weights()['scenes-families']]]
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            found = self.path == '/someone/scenes/resolve/main/model.safetensors'
            self.send_response(200 if found else 404)
            if found:
                self.send_header('X-Repo-Commit', 'c' * 40)
                self.send_header('ETag', '"e1"')
                self.send_header('Content-Length', str(len(content)))
            else:
                self.send_header('X-Error-Code', 'RepoNotFound')
            self.end_headers()
            return found

        def do_GET(self):
            if self.do_HEAD():
                self.wfile.write(content)

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f'http://127.0.0.1:{server.server_port}'
    monkeypatch.setattr('huggingface_hub.constants.ENDPOINT', address)
    template = address + '/{repo_id}/resolve/{revision}/{filename}'
    monkeypatch.setattr('huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE', template)
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path / 'cache'))
    yield asked
    server.shutdown()
    server.server_close()


def test_the_models_in_the_wheel_are_small_and_say_what_they_are():
    files = wheel_weights()
    assert {'scenes-families', 'scenes-instruments'} <= set(files)
    assert sum(path.stat().st_size for path in files.values()) < MOST_MEGABYTES * 1e6
    assert all(weights_title(path) for path in files.values())


def test_a_name_a_folder_and_a_file_are_found(tmp_path):
    own = wheel_weights()['scenes-families']
    assert find_model('scenes-families') == own
    shutil.copy(own, tmp_path / 'model.safetensors')
    assert find_model(tmp_path) == tmp_path / 'model.safetensors'
    assert find_model('nowhere/x.safetensors').name == 'x.safetensors'
    for name in ('stage2_scenes', 'work_dirs/x/epoch_4.pth', 'peers/x.py', str(tmp_path / 'none')):
        assert find_model(name) is None


@pytest.mark.parametrize('name', ['scenes-families', 'scenes-instruments'])
def test_a_model_of_the_wheel_is_whole_without_training(name):
    model = load_model(name, device='cpu')
    assert not model.training
    assert len(model.dataset_meta['classes']) == {'scenes-families': 3}.get(name, 15)


def test_a_repository_of_the_hub_is_a_model(hub):
    found = find_model('someone/scenes')
    assert found.read_bytes() == wheel_weights()['scenes-families'].read_bytes()
    files = {path.rsplit('/', 1)[1] for path in hub if path.startswith('/someone/')}
    assert files == {'model.safetensors'}


def test_a_repository_that_is_not_there_is_said(hub):
    with pytest.raises(CheckpointError, match=r'someone/else: the hub has no such repository'):
        find_model('someone/else')


def test_a_config_in_a_folder_is_not_a_repository(monkeypatch):
    monkeypatch.setattr(model_names, '_fetch', lambda name: pytest.fail(f'asked for {name}'))
    assert find_model('detection/faster-rcnn_r18_fpn_scenes') is None
