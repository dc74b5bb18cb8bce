# Chance: noise as the map of every class. Nothing to train: tools/test.py takes it as it is.
_base_ = [
    '../_base_/datasets/scenes.py',
    '../_base_/models/random.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]
