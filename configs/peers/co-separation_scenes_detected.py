# co-separation_scenes.py with detected boxes, of tools/detect_boxes.py over each split.
_base_ = 'co-separation_scenes.py'

# by the list, a source counts also where nothing was detected
fixed = dict(filter_cfg=None)
train_dataloader = dict(dataset=dict(ann_file='train_detected.json'))
val_dataloader = dict(dataset=dict(dataset=dict(ann_file='val_detected.json', **fixed)))
test_dataloader = dict(dataset=dict(dataset=dict(ann_file='test_detected.json', **fixed)))
