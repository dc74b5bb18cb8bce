import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from mmavl.errors import CheckpointError
from mmavl.export import trained_parts
from mmavl.export.trained_parts import frozen_parts, load_trained_parts, save_trained_parts
from mmavl.models.localizers import CoarseToFine
from mmavl.utils.metadata import read_metadata

from ..small_models import LOCALIZER, PARTS

CONFIG = {
    **LOCALIZER,
    'audio_backbone': {'type': 'FrozenBackbone', 'backbone': PARTS['audio_backbone']},
}
CLASSES = ['Banjo', 'Cello', 'Drum', 'Flute']


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """mmavl has one config, 'small', whose frozen backbone always has the same weights."""

    (tmp_path / 'small.py').write_text(f'model = {CONFIG!r}\n')
    monkeypatch.setattr('mmavl.utils.shipped.shipped', lambda: tmp_path)
    monkeypatch.setattr(trained_parts, '_build', lambda cfg: _built())
    return tmp_path


def _built():
    torch.manual_seed(7)
    return CoarseToFine(**{k: v for k, v in CONFIG.items() if k != 'type'})


def _trained():
    model = _built()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if not name.startswith('audio_backbone.'):
                value.add_(0.1)
    return model.eval()


def write(folder, **provenance):
    path = folder / 'a.safetensors'
    state = _trained().state_dict()
    save_trained_parts(path, 'small', state, CLASSES, {'title': 'a toy', **provenance})
    return path


def test_the_trained_parts_alone_are_in_the_file_in_float16(shipped):
    path = write(shipped, commands='mmavl train small')
    tensors = load_file(path)
    assert not [name for name in tensors if name.startswith('audio_backbone.')]
    assert {v.dtype for v in tensors.values()} == {torch.float16, torch.int64}
    metadata = read_metadata(path)
    assert json.loads(metadata['provenance']) == {
        'title': 'a toy',
        'commands': 'mmavl train small',
    }
    assert 'CoarseToFine' in metadata['config']


def test_the_model_comes_back_with_its_backbone_from_the_config(shipped):
    model = load_trained_parts(write(shipped))
    assert frozen_parts(model) == ['audio_backbone']
    assert model.dataset_meta == {'classes': CLASSES}
    assert not model.training
    expected = _trained().state_dict()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, expected[name], atol=1e-3, rtol=1e-3)
        if name.startswith('audio_backbone.'):
            assert torch.equal(value, expected[name])


def test_a_file_that_does_not_fit_is_said(shipped):
    path = write(shipped)
    tensors, metadata = load_file(path), read_metadata(path)
    other = shipped / 'b.safetensors'
    save_file({k: v for k, v in tensors.items() if 'tag_head' not in k}, other, metadata)
    with pytest.raises(CheckpointError, match=r'not in the checkpoint: audio_tag_head'):
        load_trained_parts(other)
    save_file(tensors, other, {**metadata, 'config_name': '../../etc/evil'})
    with pytest.raises(CheckpointError, match=r"mmavl has no config '\.\./\.\./etc/evil'"):
        load_trained_parts(other)
    save_file(tensors, other, {**metadata, 'parts_version': '2'})
    with pytest.raises(CheckpointError, match=r'has format 2, mmavl .* reads up to 1'):
        load_trained_parts(other)
    save_file(tensors, other, {**metadata, 'classes': '['})
    with pytest.raises(CheckpointError, match='has damaged metadata'):
        load_trained_parts(other)
    save_file(tensors, other)
    with pytest.raises(CheckpointError, match=r'has no classes, config, .* in its metadata'):
        load_trained_parts(other)


def test_the_checkpoint_of_another_model_is_refused(shipped):
    state = {k: v for k, v in _trained().state_dict().items() if 'avc_head' not in k}
    with pytest.raises(CheckpointError, match='belongs to another model'):
        save_trained_parts(shipped / 'c.safetensors', 'small', state, CLASSES, {'title': ''})
    assert not (shipped / 'c.safetensors').exists()
