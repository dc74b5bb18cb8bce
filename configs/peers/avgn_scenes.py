# AVGN on InstrumentScenes, on cached features; weakly supervised by the clips' families.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='AVGN',
    num_classes=3,
    channels=128,
    depth=1,  # of the published 3: a third of the time
)
