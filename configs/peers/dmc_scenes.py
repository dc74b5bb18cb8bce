# DMC on InstrumentScenes, on cached features.
# These are not normalised, and cells of objects are far from all others: vectors of length 1 bring
# them within reach of the sounds.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='DMC',
    unit=True,
    margin=1.0,
    audio_neck=dict(
        _delete_=True, type='Projection', in_channels=512, out_channels=128, hidden=[256]
    ),
)
