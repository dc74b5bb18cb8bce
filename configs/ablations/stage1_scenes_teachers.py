# stage1_scenes_class.py whose visual tag head starts from an ImageNet classifier's rows.
_base_ = ['stage1_scenes_class.py', '../_base_/models/teacher_heads.py']

model = dict(**_base_.teacher_visual)
