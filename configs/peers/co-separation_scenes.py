# The row Co-Separation of Table 3 on InstrumentScenes, with the manifest's true boxes.
_base_ = [
    '../_base_/datasets/separation_scenes.py',
    '../_base_/models/frame_separator_cached.py',
    '../_base_/schedules/adamw_separation.py',
    '../_base_/separation_runtime.py',
]

model = dict(
    type='CoSeparation',
    unet=dict(out_channels=1, guide_channels=128),
    share=True,
    classifier=dict(type='SpectrogramClassifier', num_classes=15),
)
