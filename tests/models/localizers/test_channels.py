import pytest
import torch

from mmavl.models.localizers import CoarseToFine

PARTS = {
    'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 6)},
    'visual_backbone': {'type': 'TimmBackbone', 'name': 'test_resnet'},  # 192 and 96 channels
    'avc_head': {
        'type': 'AVCHead',
        'audio_branch': {'in_channels': 6, 'channels': 8},
        'visual_branch': {'in_channels': 192, 'channels': 8},
        'channels': 8,
    },
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 4, 'in_channels': 12, 'hidden': 5},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 4, 'in_channels': 96},
    'disentangler': {'type': 'GradCAMDisentangler'},
    'alignment_head': {'type': 'AlignmentHead', 'in_channels': 8},
}
NECK = {'type': 'ConvNeck', 'in_channels': 192, 'out_channels': 96}


@pytest.mark.parametrize('options', [{}, {'visual_neck': NECK}])
def test_parts_that_fit_build_and_run(options):
    model = CoarseToFine(**{**PARTS, **options}).eval()
    inputs = {'image': torch.rand(1, 3, 64, 64), 'spectrogram': torch.rand(1, 1, 32, 64)}
    assert model.extract(inputs)['visual_tag_logits'].shape == (1, 4)


@pytest.mark.parametrize(
    ('options', 'messages'),
    [
        (
            {'visual_backbone': {'type': 'TimmBackbone', 'name': 'test_vit'}},
            [
                'visual_backbone gives 64 channels, but visual_tag_head takes 96: set '
                'visual_tag_head.in_channels=64',
                'avc_head.visual_branch takes 192: set avc_head.visual_branch.in_channels=64',
            ],
        ),
        (
            {'visual_neck': {**NECK, 'in_channels': 96, 'out_channels': 5}},
            ['set visual_neck.in_channels=192', 'visual_neck gives 5 channels, but visual_tag'],
        ),
        (
            {'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 7)}},
            ['audio_backbone gives 7 channels, but avc_head.audio_branch takes 6'],
        ),
        (
            {
                'avc_head': {
                    **PARTS['avc_head'],
                    'audio_neck': {'type': 'ConvNeck', 'in_channels': 5, 'out_channels': 9},
                }
            },
            [
                'audio_backbone gives 6 channels, but avc_head.audio_neck takes 5',
                'avc_head.audio_neck gives 9 channels, but avc_head.audio_branch takes 6',
            ],
        ),
        (
            {'audio_tag_head': {'type': 'MomentTagHead', 'num_classes': 4, 'in_channels': 7}},
            ['audio_backbone gives 6 channels, but audio_tag_head takes 7'],
        ),
        (
            {'alignment_head': {'type': 'AlignmentHead'}},
            ['avc_head.visual_branch gives 8 channels, but alignment_head takes 512'],
        ),
        (
            {'visual_backbone': {'type': 'FrozenBackbone', 'backbone': {'type': 'TimmBackbone'}}},
            ['visual_backbone gives 512 channels, but visual_tag_head takes 96'],
        ),
    ],
)
def test_parts_that_do_not_fit_are_all_named_with_the_keys_to_set(options, messages):
    with pytest.raises(ValueError, match='channels') as error:
        CoarseToFine(**{**PARTS, **options})
    assert all(message in str(error.value) for message in messages)
