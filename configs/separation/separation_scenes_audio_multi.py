# separation_scenes_multi.py guided by the class-specific sound.
_base_ = 'separation_scenes_multi.py'

model = dict(guidance=dict(_delete_=True, type='AudioGuidance'))
