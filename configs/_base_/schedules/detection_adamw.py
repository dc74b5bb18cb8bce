# A few epochs of a small detector. The cycle is as long as max_epochs.
optim_wrapper = dict(
    type='AutocastOptimWrapper',
    dtype='float32',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05),
    clip_grad=dict(max_norm=10.0),
)

param_scheduler = dict(type='OneCycleLR', eta_max=1e-3, by_epoch=True, convert_to_iter_based=True)

train_cfg = dict(by_epoch=True, max_epochs=2, val_interval=1)
val_cfg = dict(type='AutocastValLoop', dtype='float32')
test_cfg = dict(type='AutocastTestLoop', dtype='float32')
