# FNAC on InstrumentScenes, on cached features.
# The contrast alone begins to learn in the third epoch; with the terms before, all maps become
# alike. Its published dropout of 0.9 kept the contrast from learning anything in four epochs.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(type='FNAC', warmup=3)
