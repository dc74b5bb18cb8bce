# Solos of InstrumentScenes (one sounding instrument), two of them mixed; 16 kHz for the localizer,
# separated at 11.025 kHz. Clips of 5 s stand in a window of 65535 / 11025 s.
data_root = 'data/instrument_scenes'
tag_level = 'class'
filter_cfg = dict(levels=[1])

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.9441, crop='centre'),
    dict(type='PackAVInputs'),
]

train_dataloader = dict(
    batch_size=32,  # 16 mixtures
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='SourceDataset',
        data_root=data_root,
        ann_file='train.json',
        tag_level=tag_level,
        filter_cfg=filter_cfg,
        pipeline=pipeline,
    ),
)
val_dataloader = dict(
    batch_size=5,  # mixtures
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='MixtureDataset',
        list_file='pkg://mmavl/datasets/mixture_lists/scenes_val.json',
        dataset=dict(
            type='SourceDataset',
            data_root=data_root,
            ann_file='val.json',
            tag_level=tag_level,
            filter_cfg=filter_cfg,
            pipeline=pipeline,
            test_mode=True,
        ),
    ),
)
test_dataloader = dict(
    batch_size=5,  # mixtures
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='MixtureDataset',
        list_file='pkg://mmavl/datasets/mixture_lists/scenes_test.json',
        dataset=dict(
            type='SourceDataset',
            data_root=data_root,
            ann_file='test.json',
            tag_level=tag_level,
            filter_cfg=filter_cfg,
            pipeline=pipeline,
            test_mode=True,
        ),
    ),
)

val_evaluator = dict(type='SeparationMetric', ideal_masks=False)
test_evaluator = dict(type='SeparationMetric')
