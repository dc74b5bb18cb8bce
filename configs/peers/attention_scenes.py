# Senocak et al.'s localizer by attention on InstrumentScenes, on cached features, unsupervised.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='AttentionLocalizer',
    audio_neck=dict(out_channels=432),
    visual_neck=None,  # the cells are those of a frozen network, as published
)
