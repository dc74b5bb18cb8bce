# The model of stage2_scenes_teachers.py on real clips, see stage1_real_teachers.py.
# The product of alignment and class map is best there.
_base_ = '../ablations/stage2_scenes_teachers.py'

shorter_side = dict(type='ResizeShorterSide', size=384)
test_pipeline = [*_base_.pipeline[:2], shorter_side, *_base_.pipeline[3:]]
test_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
correspondence, connected = _base_.model.map_transforms
model = dict(map_transforms=[correspondence, dict(type='TimesClassMaps'), connected])
