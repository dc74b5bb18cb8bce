"""Every detector config builds, trains and predicts on random input."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import runner as mmengine_runner

pytest.importorskip('mmdet', reason='mmdet is not installed')

from mmengine.structures import InstanceData

from mmavl.datasets.manifest import read_manifest
from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import prepare_config, run_test, run_training
from mmavl.preparation.coco import manifest_to_coco, write_coco
from mmavl.registry import MODELS
from mmavl.scenes.instruments.classes import CLASSES
from mmavl.utils.weights import resolve_path

ROOT = Path(__file__).parents[2] / 'configs/detection'
CONFIGS = sorted(path.name for path in ROOT.glob('*.py'))


def load(name):
    """A config without what may not be installed or would take long."""
    cfg = Config.fromfile(ROOT / name)
    cfg.model.backbone.pop('init_cfg', None)
    if 'r101' in name:
        cfg.model.backbone.update(depth=50, base_channels=4)
        cfg.model.neck.in_channels = [16, 32, 64, 128]
    inner = cfg.model.backbone.get('backbone', {})
    try:
        resolve_path(inner.get('weights') or __file__)
    except FileNotFoundError:
        inner.weights = None
    return cfg


def random_batch():
    from mmdet.structures import DetDataSample

    image = torch.randint(
        0, 256, (3, 128, 128), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    sample = DetDataSample(metainfo={'img_shape': (128, 128), 'ori_shape': (256, 256)})
    sample.set_metainfo({'scale_factor': (0.5, 0.5), 'img_path': 'x.jpg'})
    boxes = torch.tensor([[10.0, 10, 60, 60], [50, 40, 120, 100]])
    sample.gt_instances = InstanceData(bboxes=boxes, labels=torch.tensor([0, 14]))
    return {'inputs': [image], 'data_samples': [sample]}


@pytest.mark.parametrize('name', CONFIGS)
def test_builds_and_takes_a_loss_and_a_predict_step(name):
    cfg = load(name)
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    assert not hasattr(model, 'visual_backbone')
    batch = model.data_preprocessor(random_batch(), training=True)
    losses, _ = model.parse_losses(model(**batch, mode='loss'))
    losses.backward()
    assert torch.isfinite(losses)
    trained = {n for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert {n.split('.')[0] for n in trained} >= {'neck', 'rpn_head', 'roi_head'}
    assert any(n.startswith('backbone') for n in trained) == ('lite0' not in name)
    with torch.no_grad():
        (sample,) = model.eval().test_step(random_batch())
    found = sample.pred_instances
    assert found.bboxes.shape == (len(found.scores), 4)
    assert found.labels.numel() == 0 or found.labels.max() < len(CLASSES)


@pytest.mark.parametrize('name', CONFIGS)
def test_round_trips_through_its_dump_and_names_the_classes_in_order(name, tmp_path):
    cfg = Config.fromfile(ROOT / name)
    cfg.dump(tmp_path / 'dump.py')
    assert Config.fromfile(tmp_path / 'dump.py').to_dict() == cfg.to_dict()
    for split in ('train', 'val', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        assert tuple(dataset.metainfo.classes) == CLASSES


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_a_detector_trains_and_is_tested_with_the_tools(
    tiny, frames, tmp_path, monkeypatch, dtype
):
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    write_coco(tmp_path / 'coco.json', manifest_to_coco(read_manifest(frames), tmp_path))
    cfg = prepare_config(tiny, dtype=dtype)
    cfg.experiment_name = f'trained in {dtype}'
    runner = run_training(cfg)
    assert runner.iter == 1
    assert runner.optim_wrapper.precision.dtype == getattr(torch, dtype)
    path = tmp_path / 'run/epoch_1.pth'
    assert load_checkpoint(path)['meta']['dataset_meta']['classes'] == ('Violin', 'Horn')
    cfg = prepare_config(tiny, dtype=dtype)
    cfg.experiment_name = f'tested in {dtype}'
    metrics = run_test(cfg, str(path))
    assert 0 <= metrics['coco/bbox_mAP_50'] <= 1
