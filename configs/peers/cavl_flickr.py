# CAVL on SoundNet-Flickr, 10k pairs, with DMC's networks.
# Sounds have one cluster for half of the training, then two.
_base_ = 'dmc_flickr.py'

model = dict(type='CAVL')

custom_hooks = [dict(type='CurriculumHook', starts=[50])]
