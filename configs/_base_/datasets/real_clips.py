# Any clip: 5 s of sound at 16 kHz around a frame whose aspect ratio is kept.
test_pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='ResizeShorterSide', size=448),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
test_dataloader = dict(
    batch_size=8,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='AVDataset',
        data_root='data/real_clips',
        ann_file='test.json',
        pipeline=test_pipeline,
        test_mode=True,
    ),
)
test_evaluator = [
    dict(type='LocalizationMetric', protocols=['half_max', 'half_max/predicted', 'original']),
    dict(type='TagMetric'),
]
