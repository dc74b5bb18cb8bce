# The model of stage1_scenes_teachers.py on real clips: frames keep their aspect ratio and get a
# shorter side of 384 px, where a scene is 256 x 256. mmavl evaluate takes it with --batch-size 1.
_base_ = 'stage1_scenes_teachers.py'

test_pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='ResizeShorterSide', size=384),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
test_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
