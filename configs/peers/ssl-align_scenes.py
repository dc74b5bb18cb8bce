# SSLalignment on InstrumentScenes, on cached features.
# A clip's augmented view is mirrored and has 3 s of its sound; neighbours have similar features.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='SSLAlign',
    audio_whole=dict(type='PooledProjection', in_channels=128, out_channels=128),
    visual_whole=dict(type='PooledProjection', in_channels=128, out_channels=128),
)

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(256, 256)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ViewDataset',
        dataset=dict(
            type='AVDataset',
            data_root='data/instrument_scenes',
            ann_file='train.json',
            tag_level='group',
            pipeline=pipeline,
        ),
        augmented=[
            *pipeline[:-1],
            dict(type='FlipFeatures', prob=1.0),
            dict(type='CropAudioFeatures', share=0.6),
            pipeline[-1],
        ],
        neighbours=30,
    ),
)
