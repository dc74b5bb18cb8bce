# DSOL's first stage on the solos of InstrumentScenes, on cached features.
# The tags of the training clips match its 15 objects to classes.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

train_dataloader = dict(dataset=dict(filter_cfg=dict(levels=[1])))

# At the published 0.05 half of the cells are the object, since the background's are above it on a
# frozen backbone; a cluster then is a kind of background.
model = dict(type='DSOL', clusters=15, mask_threshold=0.5)

custom_hooks = [dict(type='FeatureCacheHook'), dict(type='ObjectDictionaryHook')]
train_cfg = dict(max_epochs=16)  # of half of the clips; the objects' classes come late
