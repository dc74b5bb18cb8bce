# stage2_scenes_class.py whose visual tag head started, in stage 1, from an ImageNet classifier's
# rows; here it stays as stage 1 left it, since more epochs on scenes cost it real clips.
_base_ = ['stage2_scenes_class.py', '_base_/models/teacher_heads.py']

load_from = 'work_dirs/stage1_scenes_teachers/epoch_4.pth'

model = dict(**_base_.teacher_visual)
model['visual_tag_head']['frozen'] = True
