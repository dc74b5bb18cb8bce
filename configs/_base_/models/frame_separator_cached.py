# What peers that separate without a localizer share: its picture backbone, frozen, a trained layer
# behind it, and a U-Net as wide as that of mix_and_separate_cached.py.
_base_ = 'coarse_to_fine_cached.py'

model = dict(
    _delete_=True,
    data_preprocessor=dict(
        type='SeparationDataPreprocessor',
        num_sources=2,
        train_seconds=2.972,  # 128 frames: half of the time an iteration
        mean=_base_.model.data_preprocessor.mean,
        std=_base_.model.data_preprocessor.std,
    ),
    visual_backbone=_base_.model.visual_backbone,
    visual_neck=_base_.model.visual_neck,
    unet=dict(type='SeparationUNet', channels=8),
)
