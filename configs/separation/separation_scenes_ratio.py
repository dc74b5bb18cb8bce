# separation_scenes.py with ratio masks.
_base_ = '../separation_scenes.py'

model = dict(mask='ratio')
