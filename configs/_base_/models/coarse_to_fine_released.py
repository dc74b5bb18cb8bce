# The simplified variant that the paper's authors released: ResNet-18 on frames and spectrograms.
model = dict(
    type='SimplifiedCoarseToFine',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        spectrogram=dict(
            type='LogMelSpectrogram', n_fft=882, win_length=882, log_offset=2.220446049250313e-16
        ),
    ),
    audio_backbone=dict(type='ResNet18', in_channels=1),
    visual_backbone=dict(type='ResNet18', pretrained=True),
    avc_head=dict(type='AllPairsAVCHead'),
    audio_tag_head=dict(type='PooledTagHead', num_classes=7, bias=False),
    visual_tag_head=dict(type='PooledTagHead', num_classes=7, bias=False),
    # of a head without bias this is the 1x1 convolution's map with its negative part cut off
    disentangler=dict(type='GradCAMDisentangler'),
)
