# As EZ-VSL was trained on sets of 10k pairs: Adam at a constant rate, without weight decay.
optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = []

train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=1)
val_cfg = dict(type='AutocastValLoop')
test_cfg = dict(type='AutocastTestLoop')
