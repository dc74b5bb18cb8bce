# stage2_scenes.py trained on pseudo-labels: see stage1_scenes_pseudo.py.
_base_ = '../stage2_scenes.py'

train_dataloader = dict(dataset=dict(ann_file='pseudo/train.json'))
val_dataloader = dict(dataset=dict(ann_file='pseudo/val.json'))

load_from = 'work_dirs/stage1_scenes_pseudo/epoch_4.pth'
