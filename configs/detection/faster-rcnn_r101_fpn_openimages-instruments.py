# The detector that the paper took its boxes from: 15 instruments of Open Images.
_base_ = [
    '../_base_/datasets/openimages_instruments.py',
    '../_base_/models/faster_rcnn.py',
    '../_base_/schedules/detection_sgd_12e.py',
    '../_base_/default_runtime.py',
]

default_hooks = dict(visualization=None)
