# The networks of EZ-VSL and of the methods after it: a ResNet-18 for pictures and one for sounds,
# stride 32, both trained, the first from ImageNet's weights.
model = dict(
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        spectrogram=dict(type='LogPSDSpectrogram'),
    ),
    audio_backbone=dict(type='ResNet18', in_channels=1, output_stride=32),
    visual_backbone=dict(type='ResNet18', pretrained=True, output_stride=32),
    audio_neck=dict(type='PooledProjection', in_channels=512, out_channels=512),
    visual_neck=dict(type='Projection', in_channels=512, out_channels=512),
)
