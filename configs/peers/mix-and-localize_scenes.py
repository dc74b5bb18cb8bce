# Mix-and-Localize on InstrumentScenes, on cached features of pictures.
# Features of sounds are not cached, since waveforms are mixed: YAMNet, frozen, runs on mixtures
# as they are made. The method collapses here, as others have found elsewhere: `mmavl test
# --probe-audio` measures a dependence of its maps on the sound of 0.001.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/peer_cached.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='MixAndLocalize',
    seconds=1.92,
    audio_backbone=dict(type='FrozenBackbone'),
)
