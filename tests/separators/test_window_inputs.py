from types import SimpleNamespace

import pytest
import torch

from mmavl.separators.window_inputs import FrameInputs, SourceInputs
from mmavl.separators.windows import Recording, cut


def test_parts_are_cut_with_silence_beyond_the_end():
    found = cut(torch.arange(1.0, 7.0), [0, 2, 4], 4)
    assert found.tolist() == [[1, 2, 3, 4], [3, 4, 5, 6], [5, 6, 0, 0]]


def test_sources_are_told_window_by_window():
    boxes = torch.tensor([[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]], dtype=torch.float64)
    found = SourceInputs([7, 3], boxes, torch.device('cpu')).of_windows(2)
    assert found['index'].tolist() == [0, 0, 1, 1]
    assert found['labels'].tolist() == found['object_labels'].tolist() == [7, 3, 7, 3]
    assert found['object_owners'].tolist() == [0, 1, 2, 3]
    assert found['object_boxes'].tolist() == [*boxes.tolist(), *boxes.tolist()]
    assert set(SourceInputs([7], None, torch.device('cpu')).of_windows(1)) == {'index', 'labels'}


@pytest.mark.parametrize(
    ('labels', 'boxes', 'message'),
    [([], None, 'labels is empty'), ([1, 2], torch.zeros(1, 4), r'\[1, 4\], not \[2, 4\]')],
)
def test_sources_without_a_class_or_a_box_each_are_refused(labels, boxes, message):
    with pytest.raises(ValueError, match=message):
        SourceInputs(labels, boxes, torch.device('cpu'))


def test_windows_are_the_same_ones_at_another_rate():
    wave = torch.sin(torch.arange(4000) / 5)
    recording = Recording(wave, 8000, 4000, window=1000)
    assert recording.starts == [0, 500, 1000]
    assert recording.windows([0, 1000]).shape == (2, 1000)
    at_its_own = recording.windows([500, 1000], 8000)
    assert torch.equal(at_its_own, torch.stack([wave[1000:3000], wave[2000:4000]]))


#: Gives images less a mean of 10 and by 2.
PREPROCESSOR = SimpleNamespace(device=torch.device('cpu'), mean=10.0, std=2.0)


def pictures(*values):
    return torch.stack([torch.full((3, 2, 2), float(value)) for value in values])


def seen(frames, sources, windows, first, count):
    found = FrameInputs(PREPROCESSOR, frames, sources, windows).of_windows(first, count)['image']
    return (found * 2 + 10)[:, 0, 0, 0].tolist()


def test_a_window_has_the_frame_nearest_to_its_centre():
    # three windows over six frames are centred on frames 1, 3 and 5
    assert seen(pictures(0, 1, 2, 3, 4, 5), 1, 3, 0, 3) == [1, 3, 5]
    assert seen(pictures(0, 1, 2, 3, 4, 5), 2, 3, 1, 2) == [3, 3, 5, 5]
    assert seen(pictures(9)[0], 2, 2, 0, 2) == [9, 9, 9, 9]


def test_each_source_has_its_own_frames():
    frames = torch.stack([pictures(0, 1), pictures(20, 21)])
    assert seen(frames, 2, 2, 0, 2) == [0, 20, 1, 21]


def test_a_backbone_looks_at_no_more_frames_than_are_used_and_may_give_two_maps():
    looked = []

    def backbone(images):
        looked.append(images)
        return images, 2 * images

    frames = FrameInputs(PREPROCESSOR, pictures(10, 12, 14, 16), 1, 2, backbone)
    found = frames.of_windows(0, 2)['image_features']
    assert torch.cat(looked)[:, 0, 0, 0].tolist() == [1, 3]  # (12 - 10) / 2 and (16 - 10) / 2
    assert [level[:, 0, 0, 0].tolist() for level in found] == [[1, 3], [2, 6]]
