# DSOL's first stage on the solos of InstrumentScenes, on cached features.
# The tags of the training clips match its 15 objects to classes.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

train_dataloader = dict(dataset=dict(filter_cfg=dict(levels=[1])))

model = dict(type='DSOL', clusters=15)

custom_hooks = [dict(type='FeatureCacheHook'), dict(type='ObjectDictionaryHook')]
train_cfg = dict(max_epochs=16)  # of half of the clips; the objects' classes come late
