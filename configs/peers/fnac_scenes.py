# FNAC on InstrumentScenes, on cached features.
# The contrast alone begins to learn in the third epoch, and terms of the published weight, 100,
# flatten all maps then; the published dropout, 0.9, keeps it from learning in four epochs at all.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(type='FNAC', warmup=3, weight=10.0)
