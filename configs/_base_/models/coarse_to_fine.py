# The paper's model: CRNN on log-mel spectrograms, ResNet-18 on frames, everything trained.
model = dict(
    type='CoarseToFine',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        spectrogram=dict(type='LogMelSpectrogram'),
    ),
    audio_backbone=dict(type='CRNN'),
    visual_backbone=dict(type='TimmBackbone', name='resnet18'),
    avc_head=dict(type='AVCHead'),
    audio_tag_head=dict(type='GRUTagHead', num_classes=15),
    visual_tag_head=dict(type='PooledTagHead', num_classes=15),
    disentangler=dict(type='GradCAMDisentangler'),
)
