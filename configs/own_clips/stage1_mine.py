# Stage 1 on your own clips, as tools/dataset_converters/folder.py writes them.
# They have no boxes: only tags are measured. Set num_classes, and a batch no larger than
# train.json.
_base_ = '../stage1_scenes.py'

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
)
