import math

import pytest
import torch

from mmavl.models.heads import AVCHead


@pytest.fixture
def head():
    torch.manual_seed(0)
    branch = {'type': 'ConvNeck', 'in_channels': 3, 'out_channels': 4}
    return AVCHead(audio_branch=branch, visual_branch=branch, channels=4, hidden=5).eval()


def literal_loss(head, audio, visual):
    """Eq. 2: a_i with v_i corresponds, a_i with v_{i-1} does not."""
    losses = []
    for i in range(len(audio)):
        for j, target in ((i, 1), (i - 1, 0)):
            pooled = torch.cat([audio[i].amax((1, 2)), visual[j].amax((1, 2))])
            logits = head.fc(pooled)
            losses.append(torch.logsumexp(logits, 0) - logits[target])
    return sum(losses) / len(losses)


def test_loss_is_eq2_with_the_previous_clips_image(head):
    audio, visual = torch.randn(4, 4, 5, 1), torch.randn(4, 4, 6, 6)
    loss = head.loss(audio, visual, torch.arange(4))
    torch.testing.assert_close(loss, literal_loss(head, audio, visual))


def test_branches_can_be_averaged_in_place_of_their_maximum(head):
    audio, visual = torch.randn(4, 4, 5, 1), torch.randn(4, 4, 6, 6)
    maxima = head(audio, visual)
    head.pooling = 'mean'
    averaged = head.classify(audio.mean((2, 3)), visual.mean((2, 3)))
    torch.testing.assert_close(head(audio, visual), averaged)
    assert not torch.allclose(averaged, maxima)
    own, _, _ = head.paired_logits(audio, visual, torch.arange(4))
    torch.testing.assert_close(own, averaged)
    pair = head.correspondence(audio, visual, torch.arange(4))
    torch.testing.assert_close(pair[:, 0], averaged.softmax(1)[:, 1])
    # a picture of equal cells is one cell
    cell = visual[:, :, :1, :1]
    none, with_own = head(audio, cell.expand(-1, -1, 3, 3)).unbind(1)
    logits = head.cell_logits(audio, cell)
    torch.testing.assert_close(logits[:, 0, 0], with_own - none)


def test_an_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="must be 'max' or 'mean', not 'sum'"):
        AVCHead(pooling='sum')


def test_a_frame_of_the_same_video_is_no_mismatch(head):
    audio, visual = torch.randn(3, 4, 5, 1), torch.randn(3, 4, 6, 6)
    own, rolled, other = head.paired_logits(audio, visual, torch.tensor([7, 7, 8]))
    assert other.tolist() == [True, False, True]
    loss = head.loss(audio, visual, torch.tensor([7, 7, 8]))
    terms = torch.cat([own.log_softmax(1)[:, 1], rolled.log_softmax(1)[other][:, 0]])
    torch.testing.assert_close(loss, -terms.mean())


def test_correspondence_is_nan_where_the_batch_holds_no_other_video(head):
    audio, visual = torch.randn(1, 4, 5, 1), torch.randn(1, 4, 6, 6)
    own, rolled = head.correspondence(audio, visual, torch.tensor([3]))[0].tolist()
    expected = head(audio, visual).softmax(1)[0, 1].item()
    assert own == pytest.approx(expected)
    assert math.isnan(rolled)


def test_a_cells_logit_is_that_of_an_image_with_this_cell_alone(head):
    audio, visual = torch.randn(2, 4, 5, 1), torch.randn(2, 4, 3, 4)
    logits = head.cell_logits(audio, visual)
    assert logits.shape == (2, 3, 4)
    none, own = head(audio, visual[:, :, 1:2, 2:3]).unbind(1)
    torch.testing.assert_close(logits[:, 1, 2], own - none)


def test_fig3_shapes():
    head = AVCHead()
    audio, visual = head.embed(torch.randn(2, 512, 9, 2), torch.randn(2, 256, 16, 16))
    assert audio.shape == (2, 512, 9, 1)
    assert visual.shape == (2, 512, 16, 16)
    assert [m.out_features for m in head.fc if hasattr(m, 'out_features')] == [128, 2]
    kernels = [(c.kernel_size, c.dilation, c.stride) for c in list(head.audio_branch)[::3]]
    assert kernels == [
        ((3, 1), (2, 1), (1, 1)),
        ((1, 2), (1, 1), (1, 2)),
        ((3, 1), (1, 1), (1, 1)),
    ]
