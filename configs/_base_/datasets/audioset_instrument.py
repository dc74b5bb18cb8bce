# AudioSet-instrument: the whole 10 s of sound and one frame, random in training (footnote 7).
# Written by tools/dataset_converters/audioset_instrument.py. Its val.json, clips held out of the
# training list, has tags and no boxes, until a detector writes some.
data_root = 'data/audioset_instrument'
tag_level = 'class'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=10.0, crop='centre'),
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
    dataset=dict(**dataset, ann_file='test.json', frame='annotated', test_mode=True),
)

val_evaluator = [dict(type='TagMetric')]
test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['half_max', 'half_max/predicted', 'original', 'median', 'oracle_area'],
    ),
    dict(type='TagMetric'),
]
