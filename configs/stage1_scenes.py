# Stage 1 on InstrumentScenes, the row Multi-task: tags of both modalities and correspondence.
_base_ = [
    '_base_/datasets/scenes.py',
    '_base_/models/coarse_to_fine_cached.py',
    '_base_/schedules/adamw_onecycle.py',
    '_base_/default_runtime.py',
]
