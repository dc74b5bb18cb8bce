import torch

from mmavl.separators import LinearSynthesizer


def test_channels_are_weighted_by_the_guide_and_added_up():
    synthesizer = LinearSynthesizer(in_channels=2, channels=3).eval()
    with torch.no_grad():
        synthesizer.fc.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        synthesizer.fc.bias.zero_()
        synthesizer.scale.copy_(torch.tensor([1.0, 2.0, -1.0]))
        synthesizer.bias.fill_(0.5)
    heard = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    guides = torch.tensor([[0.3, -0.2], [1.0, 2.0], [0.0, 0.0]])
    found = synthesizer(guides, heard, torch.tensor([0, 1, 1]))
    assert found.shape == (3, 4, 5)
    for row, (guide, mixture) in enumerate(zip(guides, (0, 1, 1))):
        weights = torch.sigmoid(torch.stack([guide[0], guide[1], guide.sum()]))
        weights = weights * torch.tensor([1.0, 2.0, -1.0])
        expected = (weights[:, None, None] * heard[mixture]).sum(0) + 0.5
        torch.testing.assert_close(found[row], expected, atol=1e-4, rtol=0)


def test_guides_that_differ_little_are_told_apart():
    torch.manual_seed(0)
    synthesizer = LinearSynthesizer(in_channels=4, channels=3)
    guides = 0.5 + 1e-3 * torch.randn(6, 4)
    heard = torch.ones(6, 3, 1, 1)
    assert synthesizer(guides, heard, torch.arange(6)).std() > 0.05
    assert synthesizer.eval()(guides, heard, torch.arange(6)).std() < 0.01


def test_without_a_layer_of_its_own_the_guides_are_the_weights():
    synthesizer = LinearSynthesizer(channels=2)
    with torch.no_grad():
        synthesizer.scale.copy_(torch.tensor([2.0, -1.0]))
        synthesizer.bias.fill_(0.5)
    heard = torch.tensor([10.0, 3.0]).view(1, 2, 1, 1)
    found = synthesizer(torch.tensor([[0.5, 1.0], [0.0, 0.0]]), heard, torch.tensor([0, 0]))
    assert found.flatten().tolist() == [2 * 5 - 3 + 0.5, 0.5]
