import numpy as np
import pytest
import soundfile
import torch
from av_example import STRICT, pairs
from PIL import Image
from torch import nn

from mmavl.datasets.manifest import read_checked_manifest
from mmavl.evaluation import get_protocol
from mmavl.registry import MODELS


def test_disentangler_gives_the_positive_part_of_each_places_share_in_the_score():
    head = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    head[1].weight.data = torch.tensor([[1.0, -1.0, 2.0, 0.0], [0.0, 1.0, 0.0, -3.0]])
    features = torch.tensor([[[[5.0, 6.0]], [[7.0, 8.0]]]])  # one clip, two channels, 1 x 2
    disentangle = MODELS.build({'type': 'GradientTimesInput'})
    with torch.no_grad():
        maps = disentangle(features, head, torch.tensor([0, 0]), torch.tensor([0, 1]))
    # class 0: 1 * 5 + 2 * 7 and -1 * 6 + 0 * 8; class 1: 0 * 5 + 0 * 7 and 1 * 6 - 3 * 8
    assert maps.tolist() == [[[19.0, 0.0]], [[0.0, 0.0]]]


def test_loss_pulls_pairs_together_and_pushes_others_down_to_the_margin():
    loss = MODELS.build({'type': 'CosineMarginLoss', 'margin': 0.2})
    audio, visual = torch.eye(2), torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    # positives: cosines 1 and 0.8; negatives: 0.6 and 0
    value = loss(audio, visual, torch.eye(2).bool())
    assert value.item() == pytest.approx((0 + 0.2) / 2 + (0.4 + 0) / 2)


def test_protocol_is_found_by_its_name():
    assert get_protocol('three_quarters') is not None
    assert get_protocol('three_quarters/union').threshold == STRICT.threshold


def test_converter_tags_pairs_by_their_folder(tmp_path):
    for name in ('horn/a', 'violin/b', 'violin/without picture'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / f'{name}.wav', np.sin(np.arange(12000) / 9) / 2, 8000)
    for name in ('horn/a', 'violin/b'):
        Image.new('RGB', (32, 32), (90, 90, 90)).save(tmp_path / f'{name}.jpg')
    assert pairs.main([str(tmp_path)]) == 0
    manifest = read_checked_manifest(tmp_path / 'train.json')
    assert manifest['metainfo']['classes'] == ['horn', 'violin']
    clips = [(clip['clip_id'], clip['tags'], clip['duration']) for clip in manifest['data_list']]
    assert clips == [('horn/a', ['horn'], 1.5), ('violin/b', ['violin'], 1.5)]
