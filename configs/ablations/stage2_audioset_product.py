# stage2_audioset.py localizing by the product of alignment and class activation.
_base_ = '../stage2_audioset.py'

model = dict(map_transforms=['TimesClassMaps'])
