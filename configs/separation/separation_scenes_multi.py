# separation_scenes.py in the multi-source setting of Table 3.
# Whole clips: solos and those with several sounds, as they were recorded. These are twice as many,
# so there are as many iterations in half of the epochs.
_base_ = '../separation_scenes.py'

train_dataloader = dict(dataset=dict(whole_clips=True, filter_cfg=None))
train_cfg = dict(max_epochs=10, val_interval=5)
