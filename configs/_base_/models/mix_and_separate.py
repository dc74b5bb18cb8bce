# The paper's separator: its localizer (coarse_to_fine.py with alignment, of MUSIC's 11 classes),
# frozen, and the U-Net of "The sound of pixels" as it is.
model = dict(
    type='MixAndSeparate',
    data_preprocessor=dict(
        type='SeparationDataPreprocessor',
        num_sources=2,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        spectrogram=dict(type='LogMelSpectrogram'),
    ),
    localizer=dict(
        type='CoarseToFine',
        audio_backbone=dict(type='CRNN'),
        visual_backbone=dict(type='TimmBackbone', name='resnet18'),
        avc_head=dict(type='AVCHead'),
        audio_tag_head=dict(type='GRUTagHead', num_classes=11),
        visual_tag_head=dict(type='PooledTagHead', num_classes=11),
        disentangler=dict(type='GradCAMDisentangler'),
        alignment_head=dict(type='AlignmentHead'),
    ),
    guidance=dict(type='VisualGuidance'),
    unet=dict(type='SeparationUNet'),
    synthesizer=dict(type='LinearSynthesizer', in_channels=512),
    mask='binary',
)

custom_hooks = [
    dict(type='LocalizerWeightsHook', checkpoint='work_dirs/stage2_music/epoch_60.pth'),
]
