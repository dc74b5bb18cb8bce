"""Imported weights act as in the graph that was released, written out here in plain torch."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from mmengine import Config
from mmengine.registry import init_default_scope
from torch import nn
from torch.nn import functional as F

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

ROOT = Path(__file__).parents[3]
TOOL = ROOT / 'tools/model_converters/released_checkpoint.py'


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        if inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (out + (self.downsample(x) if hasattr(self, 'downsample') else x)).relu()


class Net(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.first = first
        self.conv1_a = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        width = 64
        for number, (channels, stride) in enumerate([(64, 1), (128, 2), (256, 2), (512, 1)], 1):
            blocks = [Block(width, channels, stride), Block(channels, channels, 1)]
            setattr(self, f'layer{number}', nn.Sequential(*blocks))
            width = channels
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = F.max_pool2d(self.bn1(getattr(self, self.first)(x)).relu(), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Released(nn.Module):
    def __init__(self, projections=True):
        super().__init__()
        self.vision, self.audio = Net('conv1'), Net('conv1_a')
        self.avc = nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 2))
        for name in ('project_a', 'project_v') if projections else ():
            layers = [nn.Conv1d(512, 1024, 1, bias=False), nn.ReLU()]
            setattr(self, name, nn.Sequential(*layers, nn.Conv1d(1024, 128, 1, bias=False)))
        self.class_a = nn.Conv2d(512, 7, 1, bias=False)
        self.class_v = nn.Conv2d(512, 7, 1, bias=False)

    def disentangle(self, features, classifier, projection):
        """Unit vectors [N, 128, 7]."""
        cam = classifier(features).relu().detach()
        pooled = torch.einsum('nchw,nkhw->nck', features, cam)
        return F.normalize(projection(pooled / (cam.sum((2, 3))[:, None] + 1e-10)), dim=1)

    def maps(self, spectrogram, image):
        """Cosine of each class's sound with each place, cut off at 0, [N, 7, h, w]."""
        sound = self.disentangle(self.audio(spectrogram), self.class_a, self.project_a)
        features = self.vision(image)
        places = F.normalize(self.project_v(features.flatten(2)), dim=1)
        cosine = torch.einsum('nck,ncp->nkp', sound, places)
        return cosine.relu().unflatten(2, features.shape[2:])

    def losses(self, spectrogram, image, tags):
        audio, vision = self.audio(spectrogram), self.vision(image)
        pooled_a, pooled_v = audio.mean((2, 3)), vision.mean((2, 3))
        heard = self.class_a(pooled_a[..., None, None]).flatten(1)
        seen = self.class_v(pooled_v[..., None, None]).flatten(1)
        right, wrong, pull, push = [], [], [], []
        a = self.disentangle(audio, self.class_a, self.project_a)
        v = self.disentangle(vision, self.class_v, self.project_v)
        for i in range(len(tags)):
            for j in range(len(tags)):
                logits = self.avc(torch.cat([pooled_a[i], pooled_v[j]]))
                (right if i == j else wrong).append(-logits.log_softmax(0)[int(i == j)])
                for m in range(7):
                    for n in range(7):
                        if heard[i, m].sigmoid() > 0.3 and seen[j, n].sigmoid() > 0.3:
                            squared = 2 - 2 * (a[i, :, m] * v[j, :, n]).sum()
                            if (i, m) == (j, n):
                                pull.append(squared)
                            else:
                                push.append((1.4 - squared.sqrt()).relu() ** 2)

        def mean(values):
            return torch.stack(values).mean()

        return {
            'loss_audio_tag': F.binary_cross_entropy(heard.sigmoid(), tags),
            'loss_visual_tag': F.binary_cross_entropy(seen.sigmoid(), tags),
            'loss_avc': (mean(right) + mean(wrong)) / 2,
            'loss_alignment': mean(pull) + mean(push),
        }


@pytest.fixture(scope='module')
def released():
    """The graph with random weights whose classes differ in sign from place to place."""
    torch.manual_seed(0)
    model = Released().eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    return model


def convert(monkeypatch, *arguments):
    spec = importlib.util.spec_from_file_location('released_checkpoint', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(sys, 'argv', ['released_checkpoint.py', *map(str, arguments)])
    tool.main()


@pytest.fixture
def imported(released, tmp_path, monkeypatch):
    torch.save(released.state_dict(), tmp_path / 'stage_2.pth')
    convert(monkeypatch, tmp_path / 'stage_2.pth', tmp_path / 'out/mmavl.pth')
    return build('stage2_flickr_released.py', tmp_path / 'out/mmavl.pth')


def build(config, checkpoint):
    init_default_scope('mmavl')
    cfg = Config.fromfile(ROOT / 'configs/released' / config)
    cfg.model.visual_backbone.pretrained = False
    model = MODELS.build(cfg.model).eval()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)['state_dict'])
    return model


@pytest.fixture(scope='module')
def batch():
    generator = torch.Generator().manual_seed(1)
    inputs = {
        'spectrogram': torch.randn(3, 1, 101, 64, generator=generator),
        'image': torch.randn(3, 3, 96, 128, generator=generator),
    }
    samples = [AVDataSample(metainfo={'clip_id': f'clip{i}'}) for i in range(3)]
    for sample in samples:
        sample.gt_tags = torch.ones(7)
    return inputs, samples


def test_every_map_of_every_class_is_that_of_the_released_graph(released, imported, batch):
    inputs, samples = batch
    with torch.no_grad():
        expected = released.maps(**inputs)
        predicted = imported(inputs, samples, 'predict')
        found = torch.stack([sample.pred_maps.data for sample in predicted])
        assert found.shape == (3, 7, 6, 8)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
        silent = expected.amax((2, 3)) == 0
        assert silent.any()
        assert (~silent).any()
        logits = released.class_a(released.audio(inputs['spectrogram'])).mean((2, 3))
    tags = torch.stack([sample.pred_tags for sample in predicted])
    torch.testing.assert_close(tags, logits.sigmoid(), rtol=0, atol=1e-5)


def test_the_losses_are_those_of_the_released_training(released, imported, batch):
    inputs, samples = batch
    for i, sample in enumerate(samples):
        sample.gt_tags = torch.arange(7).eq(i).float()
    tags = torch.stack([sample.gt_tags for sample in samples])
    with torch.no_grad():
        expected = released.losses(**inputs, tags=tags)
        found = imported(inputs, samples, 'loss')
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_a_checkpoint_of_stage_1_is_imported_for_stage_1(tmp_path, monkeypatch):
    torch.manual_seed(2)
    state = Released(projections=False).state_dict()
    torch.save({f'module.{k}': v for k, v in state.items()}, tmp_path / 'stage_1.pth')
    convert(monkeypatch, tmp_path / 'stage_1.pth', tmp_path / 'mmavl.pth')
    model = build('stage1_flickr_released.py', tmp_path / 'mmavl.pth')
    expected = state['audio.conv1_a.weight']
    assert torch.equal(model.audio_backbone.net.conv1.weight, expected)
    assert torch.equal(model.visual_tag_head.fc.weight, state['class_v.weight'][..., 0, 0])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'gru.weight': torch.zeros(1)}, "tensor 'gru.weight' does not belong to the rel"),
        ({'class_a.weight': torch.zeros(15, 512, 1, 1)}, r'audio_tag_head.*\[15, 512\]'),
        ({'avc.0.bias': None}, 'not in the checkpoint: avc_head.fc.0.bias'),
    ],
)
def test_another_models_checkpoint_is_refused(change, message, released, tmp_path, monkeypatch):
    state = {**released.state_dict(), **change}
    state = {name: tensor for name, tensor in state.items() if tensor is not None}
    torch.save(state, tmp_path / 'stage_2.pth')
    with pytest.raises(SystemExit, match=message):
        convert(monkeypatch, tmp_path / 'stage_2.pth', tmp_path / 'mmavl.pth')
    assert not (tmp_path / 'mmavl.pth').exists()
