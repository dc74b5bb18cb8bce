# separation_music.py in the multi-source setting of Table 3: solos and duets, none taken apart.
_base_ = '../separation_music.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='train.json', whole_clips=True)))
