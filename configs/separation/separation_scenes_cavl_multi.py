# separation_scenes_cavl.py trained on solos and clips with several sounds (multi-source).
_base_ = 'separation_scenes_cavl.py'

train_dataloader = dict(dataset=dict(whole_clips=True, filter_cfg=None))
train_cfg = dict(max_epochs=10, val_interval=5)
