# Solos of InstrumentScenes (one sounding instrument), two of them mixed; 16 kHz for the localizer,
# separated at 11.025 kHz. Clips of 5 s stand in a window of 65535 / 11025 s.
data_root = 'data/instrument_scenes'
tag_level = 'class'

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.9441, crop='centre'),
    dict(type='PackAVInputs'),
]

dataset = dict(
    type='SourceDataset',
    data_root=data_root,
    tag_level=tag_level,
    filter_cfg=dict(levels=[1]),
    pipeline=pipeline,
)
lists = 'pkg://mmavl/datasets/mixture_lists/'

train_dataloader = dict(
    batch_size=16,  # 8 mixtures
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train.json'),
)
val_dataloader = dict(
    batch_size=5,  # mixtures
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='MixtureDataset',
        list_file=lists + 'scenes_val.json',
        dataset=dict(**dataset, ann_file='val.json', test_mode=True),
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        type='MixtureDataset',
        list_file=lists + 'scenes_test.json',
        dataset=dict(**dataset, ann_file='test.json', test_mode=True),
    ),
)

val_evaluator = dict(type='SeparationMetric', ideal_masks=False)
test_evaluator = dict(type='SeparationMetric')
