# Localizers of the field on the frozen, cached backbones of coarse_to_fine_cached.py, each with
# a small projection of sounds and one of pictures: what differs between them is the method.
_base_ = 'coarse_to_fine_cached.py'

model = dict(
    _delete_=True,
    data_preprocessor={{_base_.model.data_preprocessor}},
    audio_backbone={{_base_.model.audio_backbone}},
    visual_backbone={{_base_.model.visual_backbone}},
    audio_neck=dict(type='PooledProjection', in_channels=512, out_channels=128, hidden=[256]),
    visual_neck=dict(type='Projection', in_channels=432, out_channels=128, hidden=[256]),
)
