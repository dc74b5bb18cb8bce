# VGGSound-Duet: two clips side by side with the sum of their sounds. Written by
# tools/dataset_converters/vggsound.py --duets; see vggsound.py. test_duet_halves.json has each
# picture alone with the same sounds, as AVGN's code looks at them.
_base_ = 'vggsound.py'

pair = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(224, 448)),
    dict(type='CropPadAudio', seconds=3.0, crop='centre', pad='repeat'),
    dict(type='PackAVInputs'),
]
test_dataloader = dict(dataset=dict(ann_file='test_duet.json', pipeline=pair))
test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['avgn_relative', 'avgn_relative/union', 'no_prior'],
    ),
]
