# The paper's: SGD, learning rate 1e-3 (backbones 1e-4), divided by 10 each 20 epochs.
optim_wrapper = dict(
    type='AutocastOptimWrapper',
    dtype='float32',
    optimizer=dict(type='SGD', lr=1e-3, momentum=0.9),
    paramwise_cfg=dict(
        custom_keys=dict(audio_backbone=dict(lr_mult=0.1), visual_backbone=dict(lr_mult=0.1))
    ),
)

# below 1: shares of max_epochs
param_scheduler = dict(type='MultiStepLR', milestones=[1 / 3, 2 / 3], gamma=0.1, by_epoch=True)

train_cfg = dict(by_epoch=True, max_epochs=60, val_interval=1)
val_cfg = dict(type='AutocastValLoop', dtype='float32')
test_cfg = dict(type='AutocastTestLoop', dtype='float32')
