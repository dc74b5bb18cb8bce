# VGGSound: 3 s from the middle and one frame, as EZ-VSL and later methods read it. Written by
# tools/dataset_converters/vggsound.py into data_root:
#   clips/{id}.jpg, clips/{id}.wav (16,000 Hz mono), duets/{id}+{id}.jpg, .wav
#   train_144k.json, test.json (boxes of VGG-SS), test_extended.json, test_duet.json
# VGG-SS has no validation boxes, and its test list is not to choose on: SoundNet-Flickr's
# annotated pairs outside its test list validate, which suits methods without classes.
_base_ = 'soundnet_flickr_3s.py'

data_root = 'data/vggsound'
vggsound = dict(type='AVDataset', data_root=data_root, tag_level='class', frame='first')

train_dataloader = dict(dataset=dict(**vggsound, ann_file='train_144k.json'))
test_dataloader = dict(dataset=dict(**vggsound, ann_file='test.json', test_mode=True))

test_evaluator = [
    dict(
        type='LocalizationMetric',
        protocols=['median', 'lvs', 'ez_vsl', 'slavc_relative', 'oracle_area'],
    ),
]
