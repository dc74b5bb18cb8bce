# NoPrior without optical flow on InstrumentScenes, on cached features.
# Its number of sources says little there: in 138 of the 140 frames of val it is one.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(type='NoPrior')
