# DSOL's second stage on MUSIC, solos and duets, from the objects of the first.
_base_ = 'dsol_music_stage1.py'

train_dataloader = dict(dataset=dict(ann_file='train.json'))

model = dict(stage=2)

custom_hooks = []
load_from = 'work_dirs/dsol_music_stage1/epoch_15.pth'
train_cfg = dict(max_epochs=5)
