# Solos of MUSIC, two of them mixed: a frame and the 5.94 s of sound around it, at the localizer's
# 22.05 kHz, separated at 11.025 kHz. Written by tools/dataset_converters/music.py, see music.py
# beside this file; with val_mixtures.json and test_mixtures.json, of which those of two count.
data_root = 'data/music'
tag_level = 'class'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=22050, seconds=5.9441, crop='frame'),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.9441, crop='centre'),
    dict(type='PackAVInputs'),
]

dataset = dict(
    type='SourceDataset',
    data_root=data_root,
    tag_level=tag_level,
    frame='random',
    pipeline=pipeline,
)
workers = dict(num_workers=4, persistent_workers=True)

train_dataloader = dict(
    batch_size=64,  # 32 mixtures
    **workers,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='RepeatDataset', times=20, dataset=dict(**dataset, ann_file='train_solo.json')
    ),
)
val_dataloader = dict(
    batch_size=16,  # mixtures
    **workers,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='MixtureDataset',
        list_file=data_root + '/val_mixtures.json',
        sizes=[2],
        dataset=dict(**dataset, ann_file='val.json', test_mode=True),
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        type='MixtureDataset',
        list_file=data_root + '/test_mixtures.json',
        sizes=[2],
        dataset=dict(**dataset, ann_file='test.json', test_mode=True),
    ),
)

val_evaluator = dict(type='SeparationMetric', ideal_masks=False)
test_evaluator = dict(type='SeparationMetric')
