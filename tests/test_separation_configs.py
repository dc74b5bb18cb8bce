"""Every separation config builds, learns and predicts on random input, and round-trips."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from mmavl.datasets.mixture_list import read_mixtures
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import Precision
from mmavl.utils.weights import resolve_path

ROOT = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(
    str(p.relative_to(ROOT))
    for pattern in ('separation_*.py', 'separation/*.py', 'peers/*.py')
    for p in ROOT.glob(pattern)
    if 'data_preprocessor' in (model := Config.fromfile(p).model)
    and model.data_preprocessor.type == 'SeparationDataPreprocessor'
)
#: bfloat16 is slow where a CPU emulates it: models of the same components run in it once.
RUNS = [(n, 'float32') for n in CONFIGS]
RUNS += [(n, 'bfloat16') for n in CONFIGS if not n.endswith(('_multi.py', '_detected.py', 'c.py'))]


def load(name):
    """A config without weights that may not be installed."""
    cfg = Config.fromfile(ROOT / name)
    for key in ('audio_backbone', 'visual_backbone'):
        backbone = cfg.model.get('localizer', cfg.model).get(key, {}).get('backbone', {})
        try:
            resolve_path(backbone.get('weights') or __file__)
        except FileNotFoundError:
            backbone.weights = None
    return cfg


def random_batch(rate):
    generator = torch.Generator().manual_seed(0)
    items = []
    for label in (3, 7):
        meta = {'clip_id': f'clip{label}', 'source_label': label, 'sample_rate': rate}
        inputs = {
            'image': torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8, generator=generator),
            'waveform': torch.rand(2 * rate, generator=generator) - 0.5,
        }
        items.append({'inputs': inputs, 'data_samples': AVDataSample(metainfo=meta)})
    return pseudo_collate(items)


@pytest.mark.parametrize(('name', 'dtype'), RUNS)
def test_builds_and_takes_a_loss_and_a_predict_step(name, dtype):
    init_default_scope('mmavl')
    precision = Precision.choose(dtype, 'cpu')
    cfg = load(name)
    load_audio = next(step for step in cfg.pipeline if step.type == 'LoadAudio')
    rate = load_audio.sample_rate
    torch.manual_seed(0)
    model = precision.prepare(MODELS.build(cfg.model))
    trained = [p for p in model.parameters() if p.requires_grad]
    with precision.autocast():
        batch = model.data_preprocessor(random_batch(rate), training=True)
    assert batch['inputs']['mixture'].shape == (1, 22050)
    if trained:
        with precision.autocast():
            losses = model.train()(**batch, mode='loss')
        assert all(loss.dtype == torch.float32 for loss in losses.values())
        sum(losses.values()).backward()
        assert all(torch.isfinite(loss) for loss in losses.values())
        assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in trained)
    with torch.no_grad(), precision.autocast():
        (sample,) = model.eval()(**batch, mode='predict')
    tensors = [value for _, value in sample.items() if torch.is_tensor(value)]
    assert {t.dtype for t in tensors if t.is_floating_point()} == {torch.float32}
    assert sample.pred_sources.shape == (2, 22050)
    assert torch.isfinite(sample.pred_sources).all()


@pytest.mark.parametrize('name', CONFIGS)
def test_round_trips_through_its_dump(name, tmp_path):
    cfg = Config.fromfile(ROOT / name)
    cfg.dump(tmp_path / 'dump.py')
    assert Config.fromfile(tmp_path / 'dump.py').to_dict() == cfg.to_dict()


@pytest.mark.parametrize(
    ('name', 'stage'),
    [
        ('separation_scenes', 'ablations/stage2_scenes_class'),
        ('separation_music', 'stage2_music'),
    ],
)
def test_the_localizers_checkpoint_is_the_last_of_a_model_like_it(name, stage):
    own = Config.fromfile(ROOT / f'{name}.py')
    stage2 = Config.fromfile(ROOT / f'{stage}.py')
    preprocessor = stage2.model.pop('data_preprocessor')
    assert own.model.localizer == stage2.model
    for key in ('mean', 'std', 'spectrogram'):
        assert own.model.data_preprocessor[key] == preprocessor[key]
    hook = own.custom_hooks[-1]
    last = f'epoch_{stage2.train_cfg.max_epochs}.pth'
    assert hook.checkpoint == f'work_dirs/{Path(stage).name}/{last}'


def test_references_name_the_clusters_of_the_bound_alone():
    models = [
        Config.fromfile(ROOT / f'separation/separation_scenes_nmf{end}.py').model
        for end in ('', '_oracle')
    ]
    assert [model.pop('assignment') for model in models] == ['none', 'oracle']
    assert models[0] == models[1]


SEPARATORS = [p.name for p in ROOT.glob('peers/*_scenes.py') if 'separation' in p.read_text()]


@pytest.mark.parametrize('name', sorted(SEPARATORS))
def test_a_peer_sees_and_trains_as_the_papers_row(name):
    own = Config.fromfile(ROOT / 'separation_scenes.py')
    peer = Config.fromfile(ROOT / 'peers' / name)
    assert peer.model.visual_backbone == own.model.localizer.visual_backbone
    assert peer.model.unet.channels == own.model.unet.channels
    for key in ('train_dataloader', 'test_dataloader', 'param_scheduler', 'train_cfg'):
        assert peer[key] == own[key]


@pytest.mark.parametrize('name', sorted(p.name for p in ROOT.rglob('*_scenes*_multi.py')))
def test_multi_source_training_is_as_long_as_the_papers_row(name):
    own = Config.fromfile(ROOT / 'separation/separation_scenes_multi.py')
    other = Config.fromfile(next(ROOT.rglob(name)))
    for key in ('train_dataloader', 'test_dataloader', 'param_scheduler', 'train_cfg'):
        assert other[key] == own[key]


@pytest.mark.parametrize(('split', 'count'), [('val', 35), ('test', 100)])
def test_the_committed_lists_are_of_two_instruments_and_of_no_clip_twice(split, count):
    cfg = Config.fromfile(ROOT / 'separation_scenes.py')
    list_file = cfg[f'{split}_dataloader'].dataset.list_file
    mixtures = read_mixtures(resolve_path(list_file))
    assert len(mixtures) == count
    assert all(len({name for _, name in mixture}) == 2 for mixture in mixtures)
    clips = [clip for mixture in mixtures for clip, _ in mixture]
    assert len(set(clips)) == len(clips)
    assert all(clip.startswith(f'{split}_') for clip in clips)
