import pytest
import torch

from mmavl.taggers.visual import FaceDetector
from mmavl.taggers.visual.face_detector import _bump
from mmavl.utils.autocast import Precision

pytest.importorskip('facenet_pytorch')
data = pytest.importorskip('skimage.data')


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_a_face_is_found_where_it_is(dtype):
    image = torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float()
    detector = FaceDetector()
    with Precision.choose(dtype, 'cpu').autocast():
        heat = detector(image)
    assert heat.shape == (1, 1, 64, 64)
    assert heat.dtype == torch.float32
    row, column = divmod(int(heat.argmax()), 64)
    assert 10 <= row <= 22  # her face, between rows 70 and 190 of 512
    assert 22 <= column <= 32
    assert heat.max().item() == pytest.approx(10.0, abs=0.5)


def test_a_picture_without_a_face_has_an_empty_map():
    pictures = torch.stack([torch.zeros(3, 96, 64), torch.full((3, 96, 64), 200.0)])
    assert FaceDetector()(pictures).abs().max() == 0


def test_a_bump_is_1_in_the_middle_and_half_at_an_edge():
    bump = _bump([8.0, 16.0, 40.0, 48.0], 8, 8, 8)  # columns 1 to 5, rows 2 to 6
    assert bump[3:5, 2:4].min() > 0.9
    assert bump.argmax().item() in (3 * 8 + 2, 3 * 8 + 3, 4 * 8 + 2, 4 * 8 + 3)
    edge = _bump([4.0, 4.0, 68.0, 68.0], 8, 8, 8)  # its left edge is a cell's middle
    assert edge[4, 0].item() == pytest.approx(0.5, abs=0.01)
