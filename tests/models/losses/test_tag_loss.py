import math

import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.losses import TagLoss


def test_is_the_mean_binary_cross_entropy_also_for_soft_tags():
    logits, tags = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.3]])
    p = 1 / (1 + math.exp(-2.0))
    expected = (math.log(2) - 0.3 * math.log(p) - 0.7 * math.log(1 - p)) / 2
    assert TagLoss()(logits, tags).item() == pytest.approx(expected)


def test_a_head_of_another_number_of_classes_is_named():
    with pytest.raises(ConfigError, match='num_classes=7, but the data have 3 classes: set'):
        TagLoss()(torch.zeros(2, 7), torch.zeros(2, 3))
