import numpy as np
import pytest
import torch

pytest.importorskip('mmdet', reason='mmdet is not installed')

from mmavl.detection import Detector
from mmavl.engine.config import load_config
from mmavl.errors import CheckpointError, ConfigError


@pytest.fixture
def pictures():
    draw = np.random.default_rng(0)
    return [draw.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(3)]


def test_boxes_are_those_of_mmdets_own_inference(tiny, tiny_checkpoint, pictures):
    from mmdet.apis import inference_detector, init_detector

    own = Detector(tiny, tiny_checkpoint)
    found = list(own.detect(pictures, score=0.0, batch_size=2))
    cfg = load_config(tiny)
    cfg.default_scope = 'mmdet'
    model = init_detector(cfg, str(tiny_checkpoint), device='cpu')
    assert len(found) == 3
    for picture, boxes in zip(pictures, found):
        expected = inference_detector(model, picture[..., ::-1]).pred_instances
        size = torch.tensor([64.0, 48.0, 64.0, 48.0])
        corners = (expected.bboxes / size).clamp(0, 1)
        whole = (corners[:, 2:] > corners[:, :2]).all(1)
        assert len(boxes) == whole.sum() > 0
        mine = torch.tensor([box.bbox for box in boxes])
        mine[:, 2:] += mine[:, :2]
        torch.testing.assert_close(mine, corners[whole], atol=3e-5, rtol=0)
        names = [own.classes[label] for label in expected.labels[whole]]
        assert [box.label for box in boxes] == names
        scores = torch.tensor([box.score for box in boxes])
        torch.testing.assert_close(scores, expected.scores[whole], atol=1e-4, rtol=0)


def test_bfloat16_detects_about_the_same_boxes(tiny, tiny_checkpoint, pictures):
    found = {}
    for dtype in ('float32', 'bfloat16'):
        detector = Detector(tiny, tiny_checkpoint, dtype=dtype)
        seen = set()
        conv = detector.model.backbone.conv1
        conv.register_forward_hook(lambda m, i, out, seen=seen: seen.add(out.dtype))
        found[dtype] = next(detector.detect(pictures[:1], score=0.0))
        assert seen == {getattr(torch, dtype)}
    best = [boxes[0].score for boxes in found.values()]
    assert best[0] == pytest.approx(best[1], abs=0.02)
    assert Detector(tiny, tiny_checkpoint).precision.dtype == torch.float32


def test_a_score_leaves_the_others_out(tiny, tiny_checkpoint, pictures):
    detector = Detector(tiny, tiny_checkpoint)
    every = next(detector.detect(pictures[:1], score=0.0))
    middle = sorted(box.score for box in every)[len(every) // 2]
    some = next(detector.detect(pictures[:1], score=middle))
    assert some == [box for box in every if box.score >= middle]
    assert 0 < len(some) < len(every)


def test_the_configs_classes_serve_where_the_checkpoint_has_none(tiny, tiny_checkpoint):
    content = torch.load(tiny_checkpoint, weights_only=True)
    torch.save(content['state_dict'], tiny_checkpoint)
    assert Detector(tiny, tiny_checkpoint).classes == ('Violin', 'Horn')
    text = tiny.read_text().replace("metainfo=dict(classes=('Violin', 'Horn')),", '')
    tiny.write_text(text)
    with pytest.raises(ConfigError, match=r"tiny\.py has the detector's class names: set test_"):
        Detector(tiny, tiny_checkpoint)


def test_too_few_class_names_are_not_guessed(tiny, tiny_checkpoint, pictures):
    content = torch.load(tiny_checkpoint, weights_only=True)
    content['meta']['dataset_meta']['classes'] = ('Violin',)
    torch.save(content, tiny_checkpoint)
    with pytest.raises(CheckpointError, match='returns class 1, but has only 1 class names'):
        list(Detector(tiny, tiny_checkpoint).detect(pictures, score=0.0))


def test_a_checkpoint_of_another_detector_is_refused(tiny, tiny_checkpoint):
    text = tiny.read_text().replace('num_classes=2', 'num_classes=3')
    tiny.write_text(text)
    with pytest.raises(CheckpointError, match=r'tiny\.pth belongs to another model'):
        Detector(tiny, tiny_checkpoint)


def test_a_config_without_a_test_pipeline_is_refused(tiny, tiny_checkpoint):
    tiny.write_text(tiny.read_text() + '\ntest_dataloader = dict(_delete_=True, batch_size=1)\n')
    with pytest.raises(ConfigError, match=r'tiny\.py has no test_dataloader\.dataset\.pipeline'):
        Detector(tiny, tiny_checkpoint)
