# stage1_scenes_class.py whose tag heads start from the teachers' classifiers.
_base_ = ['stage1_scenes_class.py', '_base_/models/teacher_heads.py']

model = dict(**_base_.teacher_heads)
