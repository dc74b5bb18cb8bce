# MUSIC: a frame and the 6 s of sound around it. Written by
# tools/dataset_converters/music.py into data_root:
#   {solo,duet}/{class}/{id}/{000000..}.jpg (8 fps), {solo,duet}/{class}/{id}.wav (11,025 Hz mono)
#   train.json (solos and duets), train_solo.json, val.json, test.json (solos), val_duet.json,
#   test_duet.json, and with --boxes: boxes_solo.json, boxes_duet.json (annotated frames)
# Only the boxes_* files have boxes: val scores tags, test localizes in annotated duets.
data_root = 'data/music'
tag_level = 'class'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050, seconds=6.0, crop='frame'),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=6.0, crop='centre'),
    dict(type='PackAVInputs'),
]

dataset = dict(type='AVDataset', data_root=data_root, tag_level=tag_level, pipeline=pipeline)
workers = dict(num_workers=4, persistent_workers=True)

train_dataloader = dict(
    batch_size=64,
    **workers,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train.json', frame='random'),
)
val_dataloader = dict(
    batch_size=32,
    **workers,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**dataset, ann_file='val.json', frame='middle', test_mode=True),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(**dataset, ann_file='boxes_duet.json', frame='annotated', test_mode=True),
)

val_evaluator = [dict(type='TagMetric')]
test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['half_max', 'half_max/predicted', 'original', 'median', 'oracle_area'],
    ),
    dict(type='TagMetric'),
]
