# separation_scenes.py trained on the sources of all scenes, also of those with several sounds.
_base_ = 'separation_scenes.py'

train_dataloader = dict(dataset=dict(filter_cfg=None))
