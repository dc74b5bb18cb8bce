# The model of stage1_scenes_teachers.py on real clips.
# Frames keep their aspect ratio and get a shorter side of 384 px, where a scene is 256 x 256.
# mmavl evaluate takes it with --batch-size 1.
_base_ = '../ablations/stage1_scenes_teachers.py'

shorter_side = dict(type='ResizeShorterSide', size=384)
test_pipeline = [*_base_.pipeline[:2], shorter_side, *_base_.pipeline[3:]]
test_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
