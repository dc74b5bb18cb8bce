# The row AVC with the paper's own backbones and optimizer on InstrumentScenes.
_base_ = [
    '../_base_/datasets/scenes_22k.py',
    '../_base_/models/coarse_to_fine.py',
    '../_base_/schedules/sgd_60e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    visual_backbone=dict(out_indices=(3,)),  # O_v is all that correspondence needs
    audio_tag_head=None,
    visual_tag_head=None,
    disentangler=None,
)
