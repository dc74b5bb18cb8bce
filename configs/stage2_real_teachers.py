# The model of stage2_scenes_teachers.py on real clips, see stage1_real_teachers.py. The product of
# alignment and class map is best there.
_base_ = 'stage2_scenes_teachers.py'

test_pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='ResizeShorterSide', size=384),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
test_dataloader = dict(batch_size=1, dataset=dict(pipeline=test_pipeline))
model = dict(stage='product')
