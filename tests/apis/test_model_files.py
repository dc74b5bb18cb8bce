from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine import Config
from mmengine.registry import DefaultScope

from mmavl.apis import LocalizationInferencer, SeparationInferencer, model_files
from mmavl.apis.model_files import TRAINED, load_model
from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.config import load_config
from mmavl.errors import CheckpointError, ConfigError
from mmavl.registry import MODELS
from mmavl.utils.shipped import find_config
from mmavl.utils.weights import without_sources

CLASSES = ['strings', 'wind', 'keys_percussion']


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """A checkpoint of stage2_scenes.py with random weights, the backbones' as well."""
    torch.manual_seed(0)
    cfg = load_config(find_config('stage2_scenes'))
    with DefaultScope.overwrite_default_scope('mmavl'):
        model = MODELS.build(without_sources(cfg.model.to_dict()))
    path = tmp_path_factory.mktemp('weights') / 'random.pth'
    torch.save(
        {'state_dict': model.state_dict(), 'meta': {'dataset_meta': {'classes': CLASSES}}}, path
    )
    return path


def test_the_quickstarts_config_runs_from_weights_alone(weights, media, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no data, no features
    monkeypatch.setattr('mmavl.utils.weights.resolve_path', None)  # no pretrained backbones
    localize = LocalizationInferencer(
        'stage2_scenes', weights, 'cpu', show_progress=False, dtype='float32'
    )
    assert localize.classes == CLASSES
    rng = np.random.default_rng(0)
    clips = [
        (rng.integers(0, 255, (40, 50, 3), np.uint8), rng.normal(0, 0.1, seconds * 8000), 8000)
        for seconds in (1, 7, 5)
    ]
    one, many = (localize(clips, batch_size=size, labels=CLASSES) for size in (1, 3))
    for single, batched in zip(one['predictions'], many['predictions']):
        assert set(single.maps) == set(CLASSES)
        for label in CLASSES:
            assert single.audio_probs[label] == pytest.approx(batched.audio_probs[label], abs=1e-5)
            assert single.maps[label] == pytest.approx(batched.maps[label], abs=1e-4)


@pytest.mark.parametrize('name', ['random_scenes', 'random_audioset', 'random_flickr'])
def test_chance_localizes_without_data_and_weights(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    localize = LocalizationInferencer(name, device='cpu', show_progress=False)
    wave = np.sin(np.arange(8000) / 10)
    out = localize([(np.zeros((40, 50, 3), np.uint8), wave, 8000)], out_dir=tmp_path)
    (found,) = out['predictions']
    assert found.sounding == ['sound']
    assert found.maps['sound'].shape == (16, 16)


@pytest.mark.parametrize('name', ['separation_scenes_nmf', 'separation_scenes_nmf_oracle'])
def test_a_blind_separator_needs_no_classes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    separate = SeparationInferencer(name, device='cpu', show_progress=False)
    wave = np.sin(np.arange(8000) / 10) + np.sin(np.arange(8000) / 3)
    clip = (np.zeros((40, 50, 3), np.uint8), 0.4 * wave, 8000)
    (found,) = separate([clip], num_sources=2, out_dir=tmp_path)['predictions']
    assert {label: wave.shape for label, wave in found.sources.items()} == {
        'source 1': (8000,), 'source 2': (8000,),
    }  # fmt: skip


def test_what_answers_by_class_says_where_its_names_are_missing(weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state = load_checkpoint(weights)['state_dict']
    torch.save({'state_dict': state}, 'nameless.pth')
    with pytest.raises(
        ConfigError, match=r'neither nameless\.pth nor the data of .* name the clas'
    ):
        load_model('stage2_scenes', 'nameless.pth', 'cpu')


def test_correspondence_alone_needs_no_classes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = load_config(find_config('avc_scenes'))
    with DefaultScope.overwrite_default_scope('mmavl'):
        model = MODELS.build(without_sources(cfg.model.to_dict()))
    torch.save({'state_dict': model.state_dict()}, 'avc.pth')
    localize = LocalizationInferencer('avc_scenes', 'avc.pth', 'cpu', show_progress=False)
    clip = (np.zeros((40, 50, 3), np.uint8), np.sin(np.arange(8000) / 10), 8000)
    assert localize([clip])['predictions'][0].sounding == ['sound']


def test_weights_of_another_method_are_refused_though_they_fit(weights, tmp_path):
    state = load_checkpoint(weights)['state_dict']
    meta = {'model': 'LVS', 'dataset_meta': {'classes': CLASSES}}
    torch.save({'state_dict': state, 'meta': meta}, tmp_path / 'lvs.pth')
    with pytest.raises(CheckpointError, match=r"lvs\.pth .* as 'LVS', but .* CoarseToFine"):
        load_model('stage2_scenes', tmp_path / 'lvs.pth', 'cpu')


def test_weights_with_code_in_them_are_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath('executed').touch, ())

    torch.save({'state_dict': {}, 'evil': Evil()}, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError, match='more than tensors'):
        load_model('random_scenes', tmp_path / 'x.pth', 'cpu')
    assert not (tmp_path / 'executed').exists()


@pytest.mark.parametrize(
    ('config', 'commands'),
    [
        ('stage2_scenes', 'bash tools/quickstart.sh'),
        ('separation_scenes', 'mmavl train stage1_scenes_class && .*train separation_scenes'),
    ],
)
def test_trained_weights_are_found_or_it_is_said_how_to_get_them(
    tmp_path, monkeypatch, config, commands
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(TRAINED, config, ('nowhere/epoch_16.pth', TRAINED[config][1]))
    monkeypatch.setattr(model_files, 'IN_WHEEL', {})
    message = rf'nowhere/epoch_16.pth: train them with `{commands}`.*--weights FILE'
    with pytest.raises(FileNotFoundError, match=message):
        load_model(config, device='cpu')
    (tmp_path / 'nowhere').mkdir()
    (tmp_path / 'nowhere/epoch_16.pth').write_bytes(b'')
    with pytest.raises(CheckpointError, match=r'epoch_16\.pth is empty'):
        load_model(config, device='cpu')  # found, from the current folder


def test_without_a_training_of_ones_own_the_quickstarts_config_has_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(TRAINED, 'stage2_scenes', ('nowhere/epoch_16.pth', ''))
    model = load_model('stage2_scenes', device='cpu')
    assert model.dataset_meta['classes'] == ['strings', 'wind', 'keys_percussion']


@pytest.mark.parametrize('config', TRAINED)
def test_trained_weights_are_the_last_of_their_configs_training(config):
    place = Path(TRAINED[config][0])
    epochs = load_config(find_config(config)).train_cfg.max_epochs
    assert (place.parent.name, place.name) == (config, f'epoch_{epochs}.pth')


def test_a_device_that_is_not_there_is_said(media):
    with pytest.raises(ConfigError, match=r"device 'cuda:9?7?' is not available|device 'cuda:97'"):
        load_model(media.toy_config(), device='cuda:97')


def test_classes_nobody_names_are_asked_for(media):
    config = media.toy_config()
    del config['test_dataloader']['dataset']['metainfo']
    with pytest.raises(ConfigError, match=r'test_dataloader.dataset.metainfo.classes'):
        load_model(config, device='cpu')


def test_an_exported_file_needs_nothing_else(tmp_path, media, monkeypatch):
    exported = pytest.importorskip('mmavl.export.single_file')
    config = media.toy_config()
    config['model'] = {
        'type': 'RandomLocalizer',
        'data_preprocessor': {'type': 'AVDataPreprocessor'},
    }
    with DefaultScope.overwrite_default_scope('mmavl'):
        state = MODELS.build(config['model']).state_dict()
    path = tmp_path / 'x.safetensors'
    exported.save_exported(path, Config(config), state, ['a', 'b', 'c'])
    localize = LocalizationInferencer(str(path), device='cpu')
    assert localize.classes == ['a', 'b', 'c']
    clip = np.zeros((8, 8, 3), np.uint8), media.tone(1), media.RATE
    assert set(localize(clip, labels=['b'])['predictions'][0].maps) >= {'b'}
