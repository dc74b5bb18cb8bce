import json
import sys

import pytest
import torch

from mmavl.errors import CheckpointError
from mmavl.taggers.audio.hugging_face import load_all, transformers_for

hub = pytest.importorskip('transformers')


@pytest.fixture
def folder(tmp_path):
    """A tiny random AST with its feature extractor."""
    torch.manual_seed(0)
    config = hub.ASTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        max_length=32, num_mel_bins=16, id2label={0: 'Speech', 1: 'Dog'},
    )  # fmt: skip
    hub.ASTForAudioClassification(config).save_pretrained(tmp_path)
    hub.ASTFeatureExtractor(num_mel_bins=16, max_length=32).save_pretrained(tmp_path)
    return tmp_path


def load(folder):
    return load_all(str(folder), hub.ASTForAudioClassification, hub.ASTFeatureExtractor)


def refused(folder, message):
    """One line that names the folder and says what is wrong."""
    with pytest.raises(CheckpointError, match=message) as info:
        load(folder)
    assert str(folder) in str(info.value)
    assert '\n' not in str(info.value)


def test_a_folder_gives_the_network_for_evaluation_with_its_weights_and_the_rest(folder):
    from safetensors.torch import load_file

    net, extractor = load(folder)
    saved = load_file(folder / 'model.safetensors')
    assert not net.training
    assert torch.equal(net.classifier.dense.weight, saved['classifier.dense.weight'])
    assert (extractor.num_mel_bins, extractor.max_length) == (16, 32)


@pytest.mark.parametrize('kept', [0, 1000])
def test_damaged_weights_are_refused_in_one_line(folder, kept):
    path = folder / 'model.safetensors'
    path.write_bytes(path.read_bytes()[:kept])
    refused(folder, 'cannot be read: Error while deserializing header')


def test_weights_of_other_shapes_or_of_another_network_are_refused(folder):
    path = folder / 'config.json'
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, 'intermediate_size': 12}))
    refused(folder, r"does not fit ASTForAudioClassification: '.*' is \(8,.*\), not \(12,.*\)")
    path.write_text(json.dumps({**config, 'num_hidden_layers': 2}))
    refused(folder, r"'.*layers?\.1\..*' is missing \(16 missing tensors")


@pytest.mark.parametrize('name', ['config.json', 'preprocessor_config.json'])
def test_a_config_that_is_no_json_is_named(folder, name):
    (folder / name).write_text('{')
    refused(folder, rf'cannot be read: .*{name}')


@pytest.mark.parametrize('name', ['preprocessor_config.json', 'model.safetensors'])
def test_a_folder_that_lacks_a_file_is_not_a_matter_of_the_internet(folder, name):
    (folder / name).unlink()
    refused(folder, 'cannot be read')


class Payload:
    def __reduce__(self):
        return open, ('written_by_the_pickle', 'w')


def test_weights_that_could_execute_code_are_refused_without_running_it(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / 'model.safetensors').unlink()
    torch.save({'a': Payload()}, folder / 'pytorch_model.bin')
    refused(folder, 'not loaded, since that could execute code')
    assert not (folder / 'written_by_the_pickle').exists()


def test_a_name_that_is_neither_here_nor_to_be_fetched_is_one_line(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', True)
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path))
    with pytest.raises(ConnectionError, match=r'nobody/nothing: .*HF_HUB_OFFLINE is set') as info:
        load('nobody/nothing')
    assert '\n' not in str(info.value)
    assert 'as written by save_pretrained' in str(info.value)


def test_without_transformers_the_command_that_installs_it_is_named(monkeypatch):
    assert transformers_for('ASTTagger').ASTConfig is hub.ASTConfig
    monkeypatch.setitem(sys.modules, 'transformers', None)
    with pytest.raises(
        ModuleNotFoundError, match=r'^ASTTagger needs .* pip install transformers=='
    ):
        transformers_for('ASTTagger')
