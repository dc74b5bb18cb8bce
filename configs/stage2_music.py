# Stage 2 of the paper on MUSIC: Eq. 3 and Eq. 7 together, from stage 1's weights.
_base_ = [
    '_base_/datasets/music.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

load_from = 'work_dirs/stage1_music/epoch_60.pth'

model = dict(
    audio_tag_head=dict(num_classes=11),
    visual_tag_head=dict(num_classes=11),
    alignment_head=dict(type='AlignmentHead'),
)
