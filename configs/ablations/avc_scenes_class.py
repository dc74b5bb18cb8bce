# avc_scenes.py with the 15 instruments as tags instead of the three families.
_base_ = '../avc_scenes.py'

train_dataloader = dict(dataset=dict(tag_level='class'))
val_dataloader = dict(dataset=dict(tag_level='class'))
test_dataloader = dict(dataset=dict(tag_level='class'))
