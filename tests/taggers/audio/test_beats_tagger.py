import pytest
import torch

from mmavl.errors import CheckpointError, ConfigError
from mmavl.registry import MODELS
from mmavl.taggers.audio import BEATsTagger
from mmavl.taggers.audio.beats import BEATs

from .beats_files import CFG, CSV, MIDS, published_state, sound


@pytest.fixture
def labels(tmp_path):
    (tmp_path / 'class_labels_indices.csv').write_text(CSV)
    return str(tmp_path / 'class_labels_indices.csv')


@pytest.fixture
def save(tmp_path):
    """Write a checkpoint in the published layout, with changes; gives its path."""

    def write(**changes):
        content = {'cfg': CFG, 'model': published_state(), 'label_dict': MIDS, **changes}
        content = {key: value for key, value in content.items() if value is not None}
        torch.save(content, tmp_path / 'BEATs.pt')
        return str(tmp_path / 'BEATs.pt')

    return write


@torch.no_grad()
def test_windows_of_a_sound_are_tagged_one_by_one(save, labels):
    config = {'type': 'BEATsTagger', 'weights': save(), 'labels': labels, 'window': 1, 'hop': 0.5}
    tagger = MODELS.build(config)
    assert isinstance(tagger, BEATsTagger)
    assert tagger.sample_rate == 16000
    assert not any(parameter.requires_grad for parameter in tagger.parameters())
    logits = tagger.eval()(sound(1.7))
    assert logits.shape == (2, 3, 4)  # from 0, 0.5 and 0.7 s
    net = BEATs(CFG, 4)
    net.load_published(published_state())
    torch.testing.assert_close(logits[:, 2], net(sound(1.7)[:, 11200:]))
    short = torch.cat([sound(0.1), torch.zeros(2, 14400)], 1)
    torch.testing.assert_close(tagger(sound(0.1))[:, 0], net(short))


def test_names_follow_the_checkpoints_order_of_classes_not_the_lists(save, labels):
    assert BEATsTagger(save(), labels).labels == ['Music', 'Speech', 'Dog', 'Guitar, plucked']


def test_a_pretrained_checkpoint_without_a_predictor_is_refused(save, labels):
    state = {k: v for k, v in published_state().items() if not k.startswith('predictor.')}
    path = save(model=state, label_dict=None, cfg={**CFG, 'finetuned_model': False})
    with pytest.raises(
        CheckpointError,
        match=r'BEATs\.pt is a BEATs checkpoint without a classifier.*_finetuned_on_AS2M_cpt2',
    ):
        BEATsTagger(path, labels)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'cfg': None}, "has no 'cfg' and is not a BEATs checkpoint"),
        ({'label_dict': None}, "has no 'label_dict'"),
        ({'label_dict': {1: '/m/09x0r', 2: '/m/04rlf'}}, 'does not number its classes from 0'),
        ({'label_dict': {**MIDS, 3: 7}}, 'has classes that are not MIDs'),
        ({'label_dict': {0: '/m/09x0r'}}, r'does not fit a BEATs of its cfg and its 1 classes'),
        ({'cfg': {**CFG, 'encoder_layers': 2}}, r'does not fit a BEATs of its cfg'),
        ({'cfg': {**CFG, 'conv_pos_groups': 5}}, r'does not fit a BEATs of its cfg'),
        ({'cfg': {**CFG, 'encoder_embed_dim': 3 * 10**7}}, r'does not fit a BEATs of its cfg'),
        ({'cfg': {**CFG, 'encoder_layers': 10**9}}, 'has fewer tensors than its cfg has layers'),
        ({'epoch': torch.nn.ReLU()}, 'not loaded, since that could execute code'),
    ],
)
def test_a_checkpoint_of_another_layout_is_refused(save, labels, changes, message):
    with pytest.raises(CheckpointError, match=rf'BEATs\.pt.*{message}'):
        BEATsTagger(save(**changes), labels)


def test_missing_files_an_incomplete_list_and_a_short_window_are_refused(save, labels, tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere'):
        BEATsTagger('/nowhere/BEATs.pt', labels)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        BEATsTagger(save(), '/nowhere/class_labels_indices.csv')
    (tmp_path / 'few.csv').write_text('\n'.join(CSV.splitlines()[:3]))
    with pytest.raises(ConfigError, match=r"few\.csv lacks the names of 2 of the 4 .* '/m/04rlf'"):
        BEATsTagger(save(), str(tmp_path / 'few.csv'))
    with pytest.raises(ConfigError, match=r'window=0\.1 s is shorter than the 0\.175 s'):
        BEATsTagger(save(), labels, window=0.1)
    with pytest.raises(ConfigError, match='hop=0 s must be finite'):
        BEATsTagger(save(), labels, hop=0)


@torch.no_grad()
def test_the_shortest_window_is_enough_for_one_row_of_patches(save, labels):
    assert BEATsTagger(save(), labels, window=0.175)(sound(0.175)).shape == (2, 1, 4)


@torch.no_grad()
def test_bfloat16_gives_nearly_the_same(save, labels):
    tagger = BEATsTagger(save(), labels, window=1)
    with torch.autocast('cpu', torch.bfloat16):
        logits = tagger(sound(1))
    torch.testing.assert_close(logits.float(), tagger(sound(1)), rtol=0.1, atol=0.2)
