"""Configs of small models that train and predict in milliseconds."""

#: A coarse-to-fine localizer of four classes, part by part.
PARTS = {
    'audio_backbone': {'type': 'CRNN', 'channels': (4, 4, 4, 4, 6)},
    'visual_backbone': {'type': 'TimmBackbone', 'name': 'resnet10t', 'out_indices': (3, 4)},
    'avc_head': {
        'type': 'AVCHead',
        'audio_branch': {'type': 'AVCAudioBranch', 'in_channels': 6, 'channels': 8},
        'visual_branch': {'type': 'ConvNeck', 'in_channels': 256, 'out_channels': 8},
        'channels': 8,
    },
}
TAGGING = {
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 4, 'in_channels': 12, 'hidden': 5},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 4, 'in_channels': 512},
    'disentangler': {'type': 'GradCAMDisentangler'},
}
ALIGNMENT = {'alignment_head': {'type': 'AlignmentHead', 'in_channels': 8}}
LOCALIZER = {'type': 'CoarseToFine', **PARTS, **TAGGING, **ALIGNMENT}
