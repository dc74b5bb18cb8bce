# stage2_scenes.py localizing by the product of alignment and class activation.
_base_ = '../stage2_scenes.py'

correspondence, connected = _base_.model.map_transforms
model = dict(map_transforms=[correspondence, dict(type='TimesClassMaps'), connected])
