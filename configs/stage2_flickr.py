# Stage 2 of the paper on SoundNet-Flickr, 10k pairs (Table 1): Eq. 3 and 7 from stage 1's weights.
_base_ = [
    '_base_/datasets/soundnet_flickr.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

load_from = 'work_dirs/stage1_flickr/epoch_60.pth'

model = dict(
    audio_tag_head=dict(num_classes=7),
    visual_tag_head=dict(num_classes=7),
    alignment_head=dict(type='AlignmentHead'),
    valid='predictions',  # the clips have no tags
)
