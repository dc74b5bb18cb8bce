_base_ = '../../../configs/_base_/default_runtime.py'
default_hooks = dict(visualization=None)
custom_imports = dict(imports=['toy_project'])

model = dict(type='ToyModel')
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='ToyDataset'),
    sampler=dict(type='DefaultSampler', shuffle=True),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(type='ToyDataset', length=6),
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='ToyMetric')
test_evaluator = val_evaluator
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1, momentum=0.9))
param_scheduler = dict(type='MultiStepLR', milestones=[1], gamma=0.5)
train_cfg = dict(by_epoch=True, max_epochs=2, val_interval=1)
val_cfg = dict(type='AutocastValLoop')
test_cfg = dict(type='AutocastTestLoop')
visualizer = dict(_delete_=True, type='Visualizer')
