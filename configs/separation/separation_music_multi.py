# separation_music.py trained on solos and duets as they were recorded (multi-source).
_base_ = '../separation_music.py'

train_dataloader = dict(dataset=dict(dataset=dict(ann_file='train.json', whole_clips=True)))
