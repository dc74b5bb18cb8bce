# stage2_scenes_class.py whose visual tag head started from an ImageNet classifier's rows.
# With more than five epochs it fits the scenes' drawings better, and new pictures worse.
_base_ = ['stage2_scenes_class.py', '../_base_/models/teacher_heads.py']

load_from = 'work_dirs/stage1_scenes_teachers/epoch_4.pth'

model = dict(**_base_.teacher_visual)
train_cfg = dict(max_epochs=5)
