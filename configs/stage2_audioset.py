# Stage 2 of the paper on AudioSet-instrument: Eq. 3 and Eq. 7 together, from stage 1's weights.
_base_ = [
    '_base_/datasets/audioset_instrument.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

load_from = 'work_dirs/stage1_audioset/epoch_60.pth'

model = dict(alignment_head=dict(type='AlignmentHead'))
