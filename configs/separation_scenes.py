# Separation on InstrumentScenes, guided by what stage 2 localized: the row Visual of Table 3.
_base_ = [
    '_base_/datasets/separation_scenes.py',
    '_base_/models/mix_and_separate_cached.py',
    '_base_/schedules/adamw_onecycle.py',
    '_base_/default_runtime.py',
]

param_scheduler = dict(total_steps=10)
train_cfg = dict(max_epochs=10, val_interval=5)
default_hooks = dict(
    checkpoint=dict(interval=5), visualization=dict(type='SeparationVisualizationHook')
)
visualizer = dict(type='SeparationVisualizer')
