# CAVL on InstrumentScenes, on cached features.
# It is DMC, with one cluster of sounds for two epochs, and then two.
_base_ = 'dmc_scenes.py'

model = dict(type='CAVL')

custom_hooks = [dict(type='FeatureCacheHook'), dict(type='CurriculumHook', starts=[2])]
