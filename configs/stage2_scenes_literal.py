# stage2_scenes.py with Eq. 5 and 7 as the paper has them, without our extensions.
_base_ = 'stage2_scenes.py'

model = dict(
    alignment_head=dict(
        loss=dict(active_only=False, absent_weight=0.0, background_weight=0.0),
    ),
    peak_threshold=0.0,
    refine_temperature=None,
)
