# default_runtime.py with pictures and sounds of separation, and fewer checkpoints.
_base_ = 'default_runtime.py'

default_hooks = dict(
    checkpoint=dict(interval=5), visualization=dict(type='SeparationVisualizationHook')
)
visualizer = dict(type='SeparationVisualizer')
