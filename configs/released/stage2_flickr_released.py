# Stage 2 of the simplified variant that the paper's authors released, on SoundNet-Flickr.
# tools/model_converters/released_checkpoint.py imports their checkpoints for it.
_base_ = 'stage1_flickr_released.py'

load_from = 'work_dirs/stage1_flickr_released/epoch_20.pth'

model = dict(alignment_head=dict(type='CosineAlignmentHead'))

optim_wrapper = dict(optimizer=dict(lr=1e-4))
