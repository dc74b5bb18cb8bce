# The usual schedule of detectors, for 16 images at a time: divide lr by 8 for a single GPU's 2.
optim_wrapper = dict(
    type='AutocastOptimWrapper',
    dtype='float32',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=0.0001),
)

param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=500),
    # below 1: shares of max_epochs
    dict(type='MultiStepLR', milestones=[2 / 3, 11 / 12], gamma=0.1, by_epoch=True),
]

train_cfg = dict(by_epoch=True, max_epochs=12, val_interval=1)
val_cfg = dict(type='AutocastValLoop', dtype='float32')
test_cfg = dict(type='AutocastTestLoop', dtype='float32')
