import sys

import pytest
import torch
from torch.nn import functional as F

from mmavl.errors import CheckpointError
from mmavl.registry import MODELS
from mmavl.taggers.visual import TIPSDenseClassifier

hub = pytest.importorskip('transformers')
LABELS = ['dog', 'wall', 'guitar']
WORDS = ['<pad>', '<unk>', '▁a', '▁photo', '▁of', '▁dog.', '▁wall.', '▁guitar.', '▁the', '▁dog',
         '▁here']  # fmt: skip


@pytest.fixture
def save(tmp_path):
    """Write a tiny random TIPSv2 with its tokenizer; gives the model and the folder."""

    def write(layers=1):
        torch.manual_seed(0)
        text = dict(vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1,
                    num_attention_heads=2, intermediate_size=32)  # fmt: skip
        vision = dict(hidden_size=16, num_hidden_layers=layers, num_attention_heads=2,
                      image_size=56, patch_size=14)  # fmt: skip
        net = hub.Tipsv2Model(hub.Tipsv2Config(text_config=text, vision_config=vision)).eval()
        for parameter in net.vision_model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        net.save_pretrained(tmp_path)
        merges = [(word[:end], word[end]) for word in WORDS[2:] for end in range(1, len(word))]
        pieces = {*WORDS[2:], *'▁', *(a + b for a, b in merges), *(b for _, b in merges)}
        vocab = dict.fromkeys([*WORDS, *sorted(pieces - {*WORDS})])
        vocab = {word: number for number, word in enumerate(vocab)}
        hub.Tipsv2Tokenizer(vocab=vocab, merges=merges).save_pretrained(tmp_path)
        return net, str(tmp_path)

    return write


def picture(*size):
    return torch.randint(0, 256, (2, 3, *size), generator=torch.Generator().manual_seed(0)).float()


def text_features(net, folder, texts):
    tokenizer = hub.AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer(texts, padding='max_length', max_length=64, return_tensors='pt')
    return F.normalize(net.get_text_features(**tokens).pooler_output, dim=1)


@torch.no_grad()
def test_a_cell_is_compared_with_texts_as_the_model_compares_whole_pictures(save):
    net, folder = save()
    dense = MODELS.build({'type': 'TIPSDenseClassifier', 'weights': folder, 'labels': LABELS})
    assert (dense.labels, dense.stride) == (LABELS, 14)
    maps = dense(picture(56, 56))
    assert maps.shape == (2, 3, 4, 4)
    out = net.get_image_features(pixel_values=picture(56, 56) / 255).last_hidden_state
    assert out.shape[1] == 2 + 16  # two tokens of the whole picture come first
    texts = text_features(net, folder, [f'a photo of a {name}.' for name in LABELS])
    expected = F.normalize(out[:, 2 + 6], dim=1) @ texts.T / net.temperature
    torch.testing.assert_close(maps[:, :, 1, 2], expected, rtol=1e-4, atol=1e-3)
    assert maps.std() > 1


@torch.no_grad()
def test_a_cell_of_a_wide_picture_is_where_its_pixels_are(save):
    """Without layers, nothing but a cell's own pixels changes it."""
    dense = TIPSDenseClassifier(save(layers=0)[1], LABELS)
    image = picture(28, 70)
    before = dense(image)
    assert before.shape == (2, 3, 2, 5)
    image[:, :, 14:28, 42:56] = 255 - image[:, :, 14:28, 42:56]
    changed = (dense(image) - before).abs().amax((0, 1)) > 1e-3
    assert changed.nonzero().tolist() == [[1, 3]]


@torch.no_grad()
def test_a_label_is_the_mean_of_its_templates(save):
    net, folder = save()
    dense = TIPSDenseClassifier(folder, ['dog'], templates=('a {}.', 'the {} here'))
    both = text_features(net, folder, ['a dog.', 'the dog here'])
    assert (both[0] - both[1]).abs().max() > 0.01
    expected = F.normalize(both.mean(0, keepdim=True), dim=1) / net.temperature
    torch.testing.assert_close(dense.texts, expected, rtol=1e-4, atol=1e-3)


def test_weights_of_another_model_are_refused(save, tmp_path):
    from safetensors.torch import load_file, save_file

    _, folder = save()
    state = load_file(tmp_path / 'model.safetensors')
    state.pop(next(name for name in state if name.endswith('cls_token')))
    save_file(state, tmp_path / 'model.safetensors', metadata={'format': 'pt'})
    with pytest.raises(CheckpointError, match=r"does not fit Tipsv2Model: .*cls_token'"):
        TIPSDenseClassifier(folder, LABELS)


def test_without_transformers_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'transformers', None)
    with pytest.raises(ModuleNotFoundError, match='pip install transformers=='):
        TIPSDenseClassifier('google/tipsv2-b14', LABELS)
