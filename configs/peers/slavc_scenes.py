# SLAVC on InstrumentScenes, on cached features.
# It has 248 steps: with the published momentum of 0.999 the copies would still be close to their
# random start.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(type='SLAVC', momentum=0.99)
