import torch

from mmavl.models.necks import ConvNeck


def test_a_1x1_neck_maps_each_place_alone():
    neck = ConvNeck(3, 5, num_layers=2).eval()
    features = torch.randn(1, 3, 4, 4)
    changed = features.clone()
    changed[..., 1, 2] += 1
    difference = (neck(features) != neck(changed)).any(1)[0]
    assert difference.nonzero().tolist() == [[1, 2]]


def test_resolution_stays_with_a_3x3_kernel():
    assert ConvNeck(3, 5, kernel_size=3).eval()(torch.randn(1, 3, 7, 9)).shape == (1, 5, 7, 9)


def test_smoothing_averages_the_neighbours_there_are():
    neck = ConvNeck(1, 1, smoothing=3).eval()
    plain = ConvNeck(1, 1).eval()
    plain.load_state_dict(neck.state_dict())
    features = torch.rand(1, 1, 4, 4)
    sharp, smooth = plain(features)[0, 0], neck(features)[0, 0]
    torch.testing.assert_close(smooth[1, 2], sharp[0:3, 1:4].mean())
    torch.testing.assert_close(smooth[0, 0], sharp[:2, :2].mean())


def test_pooling_averages_before_the_convolutions():
    neck, plain = ConvNeck(3, 5, pool=2).eval(), ConvNeck(3, 5).eval()
    for source, target in zip(plain.parameters(), neck.parameters(), strict=True):
        target.data.copy_(source.data)
    features = torch.randn(1, 3, 5, 4)
    halved = torch.nn.functional.avg_pool2d(features, 2)
    assert halved.shape == (1, 3, 2, 2)
    torch.testing.assert_close(neck(features), plain(halved))
