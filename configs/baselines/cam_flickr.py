# Class activation instead of alignment (Fig. 5). Takes stage 2's checkpoint; nothing to train.
_base_ = '../stage2_flickr.py'

model = dict(stage='category')
