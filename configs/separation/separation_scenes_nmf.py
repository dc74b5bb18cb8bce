# The row NMF-MFCC of Table 3. Nothing to train: tools/test.py takes it as it is.
_base_ = [
    '../_base_/datasets/separation_scenes.py',
    '../_base_/models/nmf_mfcc.py',
    '../_base_/schedules/adamw_onecycle.py',
    '../_base_/default_runtime.py',
]

default_hooks = dict(visualization=dict(type='SeparationVisualizationHook'))
visualizer = dict(type='SeparationVisualizer')
