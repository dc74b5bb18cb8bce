# stage2_scenes.py with Eq. 5 to 8 as the paper has them, without our extensions.
_base_ = '../stage2_scenes.py'

load_without = ()

model = dict(
    avc_head=dict(visual_branch=dict(dropout=0.2)),  # as in stage 1
    alignment_head=dict(
        num_classes=None,
        map_transforms=[dict(type='ExponentialHeat', temperature=0.8)],
        peak_threshold=0.0,
        refine_temperature=None,
        loss=dict(_delete_=True, type='PairContrastiveLoss', margin=1.2),
    ),
    map_transforms=[],
)
