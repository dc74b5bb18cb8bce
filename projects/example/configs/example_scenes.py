# Coarse to fine on InstrumentScenes (class tags), with four components of this project.
custom_imports = dict(imports=['av_example'])
default_scope = 'mmavl'
num_classes = 15
rate = 22050

model = dict(
    type='CoarseToFine',
    data_preprocessor=dict(type='AVDataPreprocessor', spectrogram=dict(type='LogMelSpectrogram')),
    audio_backbone=dict(type='CRNN', channels=(16, 16, 32, 32, 64)),
    visual_backbone=dict(type='PlainBackbone', channels=64),  # ours
    avc_head=dict(
        type='AVCHead',
        audio_branch=dict(type='AVCAudioBranch', in_channels=64, channels=64),
        visual_branch=dict(type='ConvNeck', in_channels=64, out_channels=64),
        channels=64,
    ),
    audio_tag_head=dict(type='GRUTagHead', num_classes=num_classes, in_channels=128, hidden=32),
    visual_tag_head=dict(type='PooledTagHead', num_classes=num_classes, in_channels=64),
    disentangler=dict(type='GradientTimesInput'),  # ours
    alignment_head=dict(
        type='AlignmentHead',
        in_channels=64,
        hidden=128,
        embed_dim=32,
        loss=dict(type='CosineMarginLoss', margin=0.2),  # ours
    ),
)

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=rate),
    dict(type='Resize', size=(128, 128)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
dataset = dict(type='AVDataset', data_root='data/instrument_scenes', pipeline=pipeline)
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(**dataset, ann_file='train.json'),
)
val_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(**dataset, ann_file='val.json', test_mode=True),
)
test_dataloader = dict(
    val_dataloader, dataset=dict(**dataset, ann_file='test.json', test_mode=True)
)

val_evaluator = dict(type='LocalizationMetric', protocols=['three_quarters'])  # ours
test_evaluator = dict(type='LocalizationMetric', protocols=['three_quarters', 'half_max'])

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3))
train_cfg = dict(by_epoch=True, max_epochs=10, val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(
    checkpoint=dict(type='AtomicCheckpointHook', max_keep_ckpts=2),
    finite_loss=dict(type='NonFiniteLossHook'),
    random_state=dict(type='RandomStateHook'),
)
randomness = dict(seed=0)
