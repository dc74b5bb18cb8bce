# attention_scenes.py with the boxes of the training clips: not comparable with methods without.
_base_ = 'attention_scenes.py'

model = dict(supervised_weight=1.0)
