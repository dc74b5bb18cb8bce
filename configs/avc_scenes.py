# The row AVC: correspondence alone, localized without any class.
_base_ = [
    '_base_/datasets/scenes.py',
    '_base_/models/coarse_to_fine_cached.py',
    '_base_/schedules/adamw_onecycle.py',
    '_base_/default_runtime.py',
]

model = dict(audio_tag_head=None, visual_tag_head=None, visual_neck=None, disentangler=None)
