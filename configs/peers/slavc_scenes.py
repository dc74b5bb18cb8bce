# SLAVC on InstrumentScenes, on cached features. After its 248 steps copies with the published
# momentum of 0.999 would still be close to their random start.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(type='SLAVC', momentum=0.99)
