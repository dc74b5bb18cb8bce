import json
import sys

import numpy as np
import pytest
import torch

from mmavl.errors import CheckpointError, ConfigError
from mmavl.taggers.audio import CLAPTagger
from mmavl.taggers.audio.clap_tagger import log_odds

LABELS = ['dog', 'guitar']
WORDS = ['<s>', '<pad>', '</s>', '<unk>', '<mask>', 'this', 'is', 'a', 'sound', 'of', 'dog',
         'guitar', 'silence', 'noise', '.']  # fmt: skip


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A tiny random CLAP with all that a folder of the hub has."""
    hub = pytest.importorskip('transformers')
    tokenizers = pytest.importorskip('tokenizers')
    path = tmp_path_factory.mktemp('clap')
    torch.manual_seed(0)
    text = dict(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1,
                num_attention_heads=2, intermediate_size=32, max_position_embeddings=40,
                projection_dim=8)  # fmt: skip
    audio = dict(spec_size=64, num_mel_bins=16, patch_size=4, patch_stride=[4, 4], depths=[1, 1],
                 num_attention_heads=[2, 2], patch_embeds_hidden_size=8, hidden_size=16,
                 window_size=4, projection_dim=8)  # fmt: skip
    config = hub.ClapConfig(text_config=text, audio_config=audio, projection_dim=8)
    hub.ClapModel(config).save_pretrained(path)
    hub.ClapFeatureExtractor(
        feature_size=16, sampling_rate=8000, hop_length=160, max_length_s=4, fft_window_size=256,
        frequency_max=4000, truncation='rand_trunc',
    ).save_pretrained(path)  # fmt: skip
    words = tokenizers.models.WordLevel(dict(zip(WORDS, range(99))), unk_token='<unk>')
    words = tokenizers.Tokenizer(words)
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.normalizer = tokenizers.normalizers.Lowercase()
    hub.PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token='<pad>', unk_token='<unk>'
    ).save_pretrained(path)
    return path


def sound(seconds):
    generator = torch.Generator().manual_seed(0)
    return 0.3 * torch.randn(2, round(seconds * 8000), generator=generator)


@torch.no_grad()
def test_a_labels_probability_is_its_share_among_all_texts(folder):
    import transformers

    tagger = CLAPTagger(str(folder), LABELS, background=['silence', 'noise'], window=2, hop=1)
    assert tagger.sample_rate == 8000
    logits = tagger.eval()(sound(3))
    assert logits.shape == (2, 2, 2)
    net = transformers.ClapModel.from_pretrained(folder).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(
        [f'This is a sound of {name}.' for name in ('dog', 'guitar', 'silence', 'noise')],
        padding=True, return_tensors='pt',
    )  # fmt: skip
    extractor = transformers.ClapFeatureExtractor.from_pretrained(folder)
    features = extractor([*sound(3)[:, 8000:].numpy()], sampling_rate=8000, return_tensors='pt')
    out = net(
        input_ids=tokens['input_ids'], attention_mask=tokens['attention_mask'],
        input_features=features['input_features'],
    )  # fmt: skip
    expected = out.logits_per_audio.softmax(1)[:, :2]
    torch.testing.assert_close(logits[:, 1].sigmoid(), expected, rtol=1e-4, atol=1e-5)


def test_log_odds_are_those_of_the_softmax_also_where_one_text_is_certain():
    scores = torch.tensor([[3.0, 1.0, -2.0], [200.0, 0.0, 0.0]])
    found = log_odds(scores)
    torch.testing.assert_close(found.sigmoid(), scores.softmax(1))
    assert found[1, 0].item() == pytest.approx(200 - np.log(2), rel=1e-5)
    assert found.isfinite().all()


@torch.no_grad()
def test_it_gives_the_same_again_and_takes_short_sounds(folder):
    tagger = CLAPTagger(str(folder), LABELS).eval()
    assert torch.equal(tagger(sound(2)), tagger(sound(2)))
    assert tagger(sound(0.1)).shape == (2, 1, 2)


def test_a_window_longer_than_the_model_takes_and_other_weights_are_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match='window=5 s exceeds the maximum of'):
        CLAPTagger(str(folder), LABELS, window=5)
    from safetensors.torch import load_file, save_file

    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    state = load_file(folder / 'model.safetensors')
    state.pop('audio_projection.linear1.weight')
    save_file(state, tmp_path / 'model.safetensors', metadata={'format': 'pt'})
    with pytest.raises(CheckpointError, match=r"'audio_projection\.linear1\.weight' is missing"):
        CLAPTagger(str(tmp_path), LABELS)


def test_a_folder_without_weights_is_one_line(tmp_path):
    pytest.importorskip('transformers')
    (tmp_path / 'config.json').write_text(json.dumps({'model_type': 'clap'}))
    with pytest.raises(CheckpointError) as info:
        CLAPTagger(str(tmp_path), LABELS)
    assert '\n' not in str(info.value)
    assert str(tmp_path) in str(info.value)


def test_without_transformers_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'transformers', None)
    with pytest.raises(ModuleNotFoundError, match='pip install transformers=='):
        CLAPTagger('laion/clap-htsat-unfused', LABELS)
