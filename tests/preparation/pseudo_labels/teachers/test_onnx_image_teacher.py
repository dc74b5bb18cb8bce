import numpy as np
import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.preparation.pseudo_labels.teachers import OnnxImageTeacher

pytest.importorskip('onnxruntime')


@pytest.fixture
def file(colour_means):
    return colour_means('f.onnx', [1, 3, 8, 8])


def test_pictures_are_stretched_and_normalised(file):
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[...] = 40, 20, 0
    teacher = OnnxImageTeacher(file, [*'rgb'], (8, 8), mean=[20, 20, 20], std=[10, 20, 5])
    expected = torch.tensor([[2.0, 0.0, -4.0]]).softmax(1)
    assert np.allclose(teacher([picture]), expected, atol=1e-6)
    assert teacher([picture, picture]).shape == (2, 3)


def test_a_label_list_that_does_not_fit_the_output_is_refused(file):
    teacher = OnnxImageTeacher(file, ['r', 'g'], size=(8, 8))
    with pytest.raises(ConfigError, match=r'f\.onnx has 3 outputs, its label list 2 names'):
        teacher([np.zeros((8, 8, 3), np.uint8)])
