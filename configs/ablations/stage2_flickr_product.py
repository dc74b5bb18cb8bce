# stage2_flickr.py localizing by the product of alignment and class activation.
_base_ = '../stage2_flickr.py'

model = dict(map_transforms=['TimesClassMaps'])
