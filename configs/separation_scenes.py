# Separation on InstrumentScenes, guided by what stage 2 localized: the row Visual of Table 3.
_base_ = [
    '_base_/datasets/separation_scenes.py',
    '_base_/models/mix_and_separate_cached.py',
    '_base_/schedules/adamw_separation.py',
    '_base_/separation_runtime.py',
]
