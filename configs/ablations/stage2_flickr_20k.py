# stage2_flickr.py on 20k pairs.
_base_ = '../stage2_flickr.py'

train_dataloader = dict(dataset=dict(ann_file='train_20k.json'))

load_from = 'work_dirs/stage1_flickr_20k/epoch_60.pth'
