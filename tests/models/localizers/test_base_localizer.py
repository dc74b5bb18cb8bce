import hashlib

import torch

from mmavl.models.localizers.base_localizer import (
    clip_numbers,
    stack_tags,
    store_maps,
    valid_classes,
)
from mmavl.structures import AVDataSample


def sample(clip_id='a', **fields):
    made = AVDataSample(metainfo={'clip_id': clip_id})
    for name, values in fields.items():
        setattr(made, name, torch.tensor(values))
    return made


def test_visual_tags_fall_back_to_the_clips_tags_sample_by_sample():
    batch = [sample(gt_tags=[1.0, 0.0], gt_visual_tags=[0.0, 0.5]), sample(gt_tags=[1.0, 1.0])]
    assert stack_tags(batch).tolist() == [[1, 0], [1, 1]]
    assert stack_tags(batch, 'gt_visual_tags').tolist() == [[0, 0.5], [1, 1]]


def test_tags_of_any_format_are_stacked_inside_of_autocast_too():
    batch = [sample(gt_tags=[1.0, 0.0]) for _ in range(2)]
    for clip, dtype in zip(batch, (torch.float16, torch.float64)):
        clip.gt_tags = clip.gt_tags.to(dtype)
    with torch.autocast('cpu', torch.bfloat16):
        assert stack_tags(batch).tolist() == [[1, 0], [1, 0]]
        assert stack_tags(batch).dtype == torch.float32


def test_a_clips_number_is_the_same_everywhere_and_fits_a_long():
    numbers = clip_numbers([sample('clip/1'), sample('ü'), sample('clip/1')], torch.device('cpu'))
    digest = hashlib.blake2b('ü'.encode(), digest_size=8).digest()
    assert numbers.dtype == torch.long
    assert numbers[1].item() == int.from_bytes(digest, 'big') // 2
    assert numbers[0] == numbers[2] != numbers[1]
    assert (numbers >= 0).all()


def test_a_name_that_is_not_utf8_has_a_number_of_its_own(awkward_names):
    numbers = clip_numbers([sample(name) for name in awkward_names], torch.device('cpu'))
    assert len(set(numbers.tolist())) == len(awkward_names)


def test_maps_go_to_the_samples_of_their_clips():
    batch = [sample('a'), sample('b'), sample('c')]
    maps = torch.arange(12, dtype=torch.bfloat16).reshape(3, 2, 2)
    store_maps(batch, maps, torch.tensor([[0, 5], [2, 1], [2, 4]]))
    assert [s.map_labels.tolist() for s in batch] == [[5], [], [1, 4]]
    assert batch[1].pred_maps.data.shape == (0, 2, 2)
    assert batch[2].pred_maps.data.tolist() == [[[4, 5], [6, 7]], [[8, 9], [10, 11]]]
    assert batch[2].pred_maps.data.dtype == torch.float32


def test_valid_classes_are_above_the_threshold_or_the_best():
    probs = torch.tensor([[0.4, 0.5, 0.1], [0.1, 0.05, 0.2]])
    assert valid_classes(probs, 0.3).tolist() == [[True, True, False], [False, False, True]]
