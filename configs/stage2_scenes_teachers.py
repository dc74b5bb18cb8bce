# stage2_scenes_class.py whose tag heads start from the teachers' classifiers.
_base_ = ['stage2_scenes_class.py', '_base_/models/teacher_heads.py']

load_from = 'work_dirs/stage1_scenes_teachers/epoch_4.pth'

model = dict(**_base_.teacher_heads)
