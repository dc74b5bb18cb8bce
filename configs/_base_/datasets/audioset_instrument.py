# AudioSet-instrument: the whole 10 s of sound and one frame, random in training (footnote 7).
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
evaluated = dict(**dataset, frame='annotated', test_mode=True)
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
    dataset=dict(**evaluated, ann_file='val.json'),
)
test_dataloader = dict(val_dataloader, dataset=dict(**evaluated, ann_file='test.json'))

val_evaluator = [
    dict(type='LocalizationMetric', protocols=['half_max']),
    dict(type='TagMetric'),
]
test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['half_max', 'half_max/predicted', 'original', 'median', 'oracle_area'],
    ),
    dict(type='TagMetric'),
]
