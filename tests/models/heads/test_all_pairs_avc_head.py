import torch
from torch.nn import functional as F

from mmavl.models.heads import AllPairsAVCHead


def head_and_features():
    torch.manual_seed(0)
    return AllPairsAVCHead(4, 8), torch.randn(3, 4, 5, 2), torch.randn(3, 4, 6, 6)


def test_logits_are_those_of_each_sound_with_each_image():
    head, audio, visual = head_and_features()
    logits = head(audio, visual[:2])
    assert logits.shape == (3, 2, 2)
    pair = torch.cat([audio[2].mean((1, 2)), visual[1].mean((1, 2))])
    torch.testing.assert_close(logits[2, 1], head.fc(pair))


def test_right_and_wrong_pairs_weigh_the_same():
    head, audio, visual = head_and_features()
    logits = head(audio, visual)
    right = [F.cross_entropy(logits[i, i], torch.tensor(1)) for i in range(3)]
    off = [(i, j) for i in range(3) for j in range(3) if i != j]
    wrong = [F.cross_entropy(logits[i, j], torch.tensor(0)) for i, j in off]
    expected = (sum(right) / 3 + sum(wrong) / 6) / 2
    torch.testing.assert_close(head.loss(audio, visual, torch.arange(3)), expected)


def test_two_pairs_of_one_video_are_no_mismatch():
    head, audio, visual = head_and_features()
    clips = torch.tensor([7, 7, 8])
    logits = head(audio, visual)
    right = [F.cross_entropy(logits[i, i], torch.tensor(1)) for i in range(3)]
    off = [(0, 2), (1, 2), (2, 0), (2, 1)]
    wrong = [F.cross_entropy(logits[i, j], torch.tensor(0)) for i, j in off]
    expected = (sum(right) / 3 + sum(wrong) / 4) / 2
    torch.testing.assert_close(head.loss(audio, visual, clips), expected)
    probability = head.correspondence(audio, visual, clips)
    assert probability[1, 1].isnan()
    torch.testing.assert_close(probability[0, 1], logits[0, 2].softmax(0)[1])
    torch.testing.assert_close(probability[2, 0], logits[2, 2].softmax(0)[1])


def test_a_batch_of_one_has_a_finite_loss():
    head, audio, visual = head_and_features()
    assert head.loss(audio[:1], visual[:1], torch.arange(1)).isfinite()
