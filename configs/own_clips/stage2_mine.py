# Stage 2 on your own clips; see stage1_mine.py.
_base_ = '../stage2_scenes.py'

load_from = 'work_dirs/stage1_mine/epoch_4.pth'
num_classes = 3
own = dict(data_root='data/mine', tag_level='class')

train_dataloader = dict(batch_size=16, dataset=own)
val_dataloader = dict(dataset=own)
test_dataloader = dict(dataset=own)
val_evaluator = dict(_delete_=True, type='TagMetric')
test_evaluator = dict(_delete_=True, type='TagMetric')

model = dict(
    audio_tag_head=dict(num_classes=num_classes),
    visual_tag_head=dict(num_classes=num_classes),
    alignment_head=dict(num_classes=num_classes),
)
