# SoundNet-Flickr: 5 s of sound and one frame. Written by
# tools/dataset_converters/soundnet_flickr.py into data_root:
#   pairs/{id}.jpg, pairs/{id}.wav (22,050 Hz mono)
#   train_10k.json, train_20k.json (no annotation), val.json, test.json (annotators' boxes)
# Classes are the 7 top groups of AudioSet; the clips have no tags until
# tools/dataset_converters/pseudo_labels.py writes some.
data_root = 'data/soundnet_flickr'
tag_level = 'class'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]

dataset = dict(
    type='AVDataset', data_root=data_root, tag_level=tag_level, frame='first', pipeline=pipeline
)
workers = dict(num_workers=4, persistent_workers=True)

train_dataloader = dict(
    batch_size=64,
    **workers,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train_10k.json'),
)
val_dataloader = dict(
    batch_size=32,
    **workers,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**dataset, ann_file='val.json', test_mode=True),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(**dataset, ann_file='test.json', test_mode=True)
)

val_evaluator = [dict(type='LocalizationMetric', protocols=['half_max'])]
test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['half_max', 'original', 'median', 'oracle_area'],
    ),
]
