from types import SimpleNamespace

import torch
from torch import nn

from mmavl.engine.hooks import FreezeBatchNormHook


def test_statistics_stay_and_everything_else_trains():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    FreezeBatchNormHook().before_train_iter(SimpleNamespace(model=model), 0)
    assert [module.training for module in model] == [True, False, True]
    image = 3 + torch.randn(2, 3, 8, 8)
    alone = model[:2](image[:1])
    torch.testing.assert_close(model[:2](image)[:1], alone)  # the batch makes no difference
    assert model[1].running_mean.tolist() == [0, 0, 0, 0]
    alone.sum().backward()
    assert model[1].bias.grad.abs().min() > 0
