# stage2_scenes.py with the 15 instruments as tags instead of the three families.
_base_ = '../stage2_scenes.py'

train_dataloader = dict(dataset=dict(tag_level='class'))
val_dataloader = dict(dataset=dict(tag_level='class'))
test_dataloader = dict(dataset=dict(tag_level='class'))

load_from = 'work_dirs/stage1_scenes_class/epoch_4.pth'

model = dict(
    audio_tag_head=dict(num_classes=15),
    visual_tag_head=dict(num_classes=15),
    alignment_head=dict(num_classes=15),
)
