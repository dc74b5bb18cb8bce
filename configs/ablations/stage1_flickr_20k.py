# stage1_flickr.py on 20k pairs.
_base_ = '../stage1_flickr.py'

train_dataloader = dict(dataset=dict(ann_file='train_20k.json'))
