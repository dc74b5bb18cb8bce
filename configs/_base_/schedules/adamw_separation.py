# Separation: a U-Net from random weights. A top config that changes max_epochs changes total_steps
# with it.
optim_wrapper = dict(
    type='AutocastOptimWrapper',
    optimizer=dict(type='AdamW', lr=4e-3, weight_decay=0.05),
)

param_scheduler = dict(
    type='OneCycleLR', eta_max=4e-3, total_steps=20, by_epoch=True, convert_to_iter_based=True
)

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=5)
val_cfg = dict(type='AutocastValLoop')
test_cfg = dict(type='AutocastTestLoop')
