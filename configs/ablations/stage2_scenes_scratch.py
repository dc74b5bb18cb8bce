# Stage 2 with the paper's own backbones and optimizer on InstrumentScenes.
_base_ = [
    '../_base_/datasets/scenes_22k.py',
    '../_base_/models/coarse_to_fine.py',
    '../_base_/schedules/sgd_60e.py',
    '../_base_/default_runtime.py',
]

load_from = 'work_dirs/stage1_scenes_scratch/epoch_60.pth'

model = dict(
    audio_tag_head=dict(num_classes=3),
    visual_tag_head=dict(num_classes=3),
    alignment_head=dict(type='AlignmentHead'),
)
