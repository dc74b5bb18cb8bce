# stage1_scenes.py with the 15 instruments as tags instead of the three families.
_base_ = '../stage1_scenes.py'

train_dataloader = dict(dataset=dict(tag_level='class'))
val_dataloader = dict(dataset=dict(tag_level='class'))
test_dataloader = dict(dataset=dict(tag_level='class'))

model = dict(audio_tag_head=dict(num_classes=15), visual_tag_head=dict(num_classes=15))
