# separation_scenes_multi.py guided by the class-specific sound.
_base_ = 'separation_scenes.py'

model = dict(guidance=dict(_delete_=True, type='AudioGuidance'))
train_dataloader = dict(dataset=dict(whole_clips=True, filter_cfg=None))
param_scheduler = dict(total_steps=5)
train_cfg = dict(max_epochs=5, val_interval=5)
