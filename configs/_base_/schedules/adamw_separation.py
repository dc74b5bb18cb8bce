# Separation: a U-Net from random weights. The cycle is as long as max_epochs.
optim_wrapper = dict(
    type='AutocastOptimWrapper',
    optimizer=dict(type='AdamW', lr=4e-3, weight_decay=0.05),
)

param_scheduler = dict(type='OneCycleLR', eta_max=4e-3, by_epoch=True, convert_to_iter_based=True)

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=5)
val_cfg = dict(type='AutocastValLoop')
test_cfg = dict(type='AutocastTestLoop')
