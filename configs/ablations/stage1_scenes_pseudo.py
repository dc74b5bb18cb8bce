# stage1_scenes.py trained on pseudo-labels of pretrained teachers, and tested on true tags.
# First: tools/dataset_converters/pseudo_labels.py configs/pseudo_labels/scenes.py
# data/instrument_scenes/{train,val}.json
_base_ = '../stage1_scenes.py'

train_dataloader = dict(dataset=dict(ann_file='pseudo/train.json'))
val_dataloader = dict(dataset=dict(ann_file='pseudo/val.json'))
