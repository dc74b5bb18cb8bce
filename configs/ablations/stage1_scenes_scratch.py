# Stage 1 with the paper's own backbones and optimizer on InstrumentScenes, from random weights.
_base_ = [
    '../_base_/datasets/scenes_22k.py',
    '../_base_/models/coarse_to_fine.py',
    '../_base_/schedules/sgd_60e.py',
    '../_base_/default_runtime.py',
]

model = dict(audio_tag_head=dict(num_classes=3), visual_tag_head=dict(num_classes=3))
