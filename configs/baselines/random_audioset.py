# Chance on AudioSet-instrument. Nothing to train: tools/test.py takes it as it is.
_base_ = [
    '../_base_/datasets/audioset_instrument.py',
    '../_base_/models/random.py',
    '../_base_/schedules/sgd_60e.py',
    '../_base_/default_runtime.py',
]
