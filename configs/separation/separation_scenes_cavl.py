# Separation on InstrumentScenes, guided by what CAVL localized: the row CAVL of Table 3.
_base_ = '../separation_scenes.py'

model = dict(
    localizer=dict(
        _delete_=True,
        type='CAVL',
        audio_backbone={{_base_.model.localizer.audio_backbone}},
        visual_backbone={{_base_.model.localizer.visual_backbone}},
        audio_neck=dict(type='Projection', in_channels=512, out_channels=128, hidden=[256]),
        visual_neck=dict(type='Projection', in_channels=432, out_channels=128, hidden=[256]),
    ),
    guidance=dict(_delete_=True, type='ClusterGuidance'),
)

custom_hooks = [
    dict(type='FeatureCacheHook'),
    dict(type='LocalizerWeightsHook', checkpoint='work_dirs/cavl_scenes/epoch_4.pth'),
]
