# The row Visual of Table 3 on MUSIC, single-source setting: solos only.
_base_ = [
    '_base_/datasets/separation_music.py',
    '_base_/models/mix_and_separate.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

train_cfg = dict(val_interval=5)
default_hooks = dict(visualization=None)
