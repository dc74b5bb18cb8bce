# The row AV-Mix-Sep of Table 3 on InstrumentScenes, as long as separation_scenes.py.
_base_ = [
    '../_base_/datasets/separation_scenes.py',
    '../_base_/models/frame_separator_cached.py',
    '../_base_/schedules/adamw_separation.py',
    '../_base_/separation_runtime.py',
]

model = dict(
    type='AVMixSep',
    unet=dict(out_channels=1, guide_channels=128),
    mask='binary',  # by ratio masks it never left one half everywhere
    threshold=None,
    share=True,
)
