# The row Sound-of-Pixels of Table 3 on InstrumentScenes, as long as separation_scenes.py.
_base_ = [
    '../_base_/datasets/separation_scenes.py',
    '../_base_/models/frame_separator_cached.py',
    '../_base_/schedules/adamw_separation.py',
    '../_base_/separation_runtime.py',
]

model = dict(
    type='SoundOfPixels',
    unet=dict(out_channels=16),
    synthesizer=dict(type='LinearSynthesizer', channels=16),
    mask='binary',
    threshold=None,
    share=True,
)
