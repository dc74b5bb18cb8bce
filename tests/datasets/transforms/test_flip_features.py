import random

import numpy as np

from mmavl.datasets.transforms import FlipFeatures


def test_mirrors_the_features_and_the_boxes():
    features = np.arange(12, dtype=np.float16).reshape(1, 3, 4)
    boxes = np.array([[0.1, 0.2, 0.3, 0.4]], np.float32)
    results = FlipFeatures(prob=1.0)({'image_features': features, 'boxes': boxes})
    assert results['image_features'][0, 0].tolist() == [3, 2, 1, 0]
    np.testing.assert_allclose(results['boxes'], [[0.6, 0.2, 0.3, 0.4]], rtol=1e-6)
    assert boxes[0, 0] == np.float32(0.1)


def test_draws_nothing_while_there_are_no_features():
    state = random.getstate()
    assert FlipFeatures()({'image': 1}) == {'image': 1}
    assert random.getstate() == state
