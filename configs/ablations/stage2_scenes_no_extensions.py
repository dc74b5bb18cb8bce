# stage2_scenes.py without our extensions: its alignment is that of the paper's configs, Eq. 5 to 8
# with the departures that docs/paper.md lists. Backbones, necks and schedule stay those of scenes.
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
