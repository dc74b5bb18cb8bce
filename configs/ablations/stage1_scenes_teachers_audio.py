# stage1_scenes_teachers.py whose audio tag head starts from YAMNet's classifier, too.
_base_ = ['stage1_scenes_class.py', '../_base_/models/teacher_heads.py']

model = dict(**_base_.teacher_visual, **_base_.teacher_audio)
