# DSOL's second stage on InstrumentScenes: maps by class, from the objects of the first stage.
# The tags of the training clips matched these to classes.
_base_ = 'dsol_scenes_stage1.py'

train_dataloader = dict(dataset=dict(filter_cfg=None))

model = dict(stage=2)

custom_hooks = [dict(type='FeatureCacheHook')]
load_from = 'work_dirs/dsol_scenes_stage1/epoch_16.pth'
train_cfg = dict(max_epochs=4)
