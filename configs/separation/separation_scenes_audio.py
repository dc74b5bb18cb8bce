# separation_scenes.py guided by the class-specific sound: the row Audio of Table 3.
_base_ = '../separation_scenes.py'

model = dict(guidance=dict(_delete_=True, type='AudioGuidance'))
