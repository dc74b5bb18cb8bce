import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.taggers.audio import ASTTagger


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A tiny random AST with its feature extractor."""
    hub = pytest.importorskip('transformers')
    path = tmp_path_factory.mktemp('ast')
    torch.manual_seed(0)
    config = hub.ASTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_length=128, num_mel_bins=32, id2label={0: 'Speech', 1: 'Dog', 2: 'Guitar'},
    )  # fmt: skip
    hub.ASTForAudioClassification(config).save_pretrained(path)
    hub.ASTFeatureExtractor(num_mel_bins=32, max_length=128).save_pretrained(path)
    return path


def sound(seconds):
    generator = torch.Generator().manual_seed(0)
    return 0.3 * torch.randn(2, round(seconds * 16000), generator=generator)


@torch.no_grad()
def test_a_windows_logits_are_the_models(folder):
    import transformers

    tagger = ASTTagger(str(folder), window=1, hop=0.5).eval()
    assert (tagger.labels, tagger.sample_rate) == (['Speech', 'Dog', 'Guitar'], 16000)
    logits = tagger(sound(2))
    assert logits.shape == (2, 3, 3)
    net = transformers.ASTForAudioClassification.from_pretrained(folder).eval()
    extractor = transformers.ASTFeatureExtractor.from_pretrained(folder)
    values = extractor(
        [*sound(2)[:, 8000:24000].numpy()], sampling_rate=16000, return_tensors='pt'
    )
    torch.testing.assert_close(logits[:, 1], net(**values).logits)
    assert tagger(sound(0.1)).shape == (2, 1, 3)


def test_a_label_list_of_another_length_is_refused(folder):
    assert ASTTagger(str(folder), ['a', 'b', 'c']).labels == ['a', 'b', 'c']
    with pytest.raises(ConfigError, match='has 3 outputs, its label list 2 names'):
        ASTTagger(str(folder), ['a', 'b'])
