# The released variant's: SGD at one constant learning rate for all parts.
optim_wrapper = dict(
    type='AutocastOptimWrapper',
    dtype='float32',
    optimizer=dict(type='SGD', lr=1e-3, momentum=0.9, weight_decay=5e-4),
)

param_scheduler = []

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)
val_cfg = dict(type='AutocastValLoop', dtype='float32')
test_cfg = dict(type='AutocastTestLoop', dtype='float32')
