import torch

from mmavl.utils.pairs import per_clip_matmul


def test_multiplies_each_row_by_its_clips_matrix():
    rows, matrices = torch.randn(4, 3), torch.randn(5, 3, 2)
    clips = torch.tensor([0, 2, 2, 4])
    expected = torch.stack([rows[p] @ matrices[c] for p, c in enumerate(clips.tolist())])
    torch.testing.assert_close(per_clip_matmul(rows, matrices, clips), expected)


def test_no_pairs_give_no_rows():
    none = torch.zeros(0, dtype=torch.long)
    assert per_clip_matmul(torch.zeros(0, 3), torch.randn(5, 3, 2), none).shape == (0, 2)
