# stage2_scenes.py with Eq. 5 to 8 as the paper has them, without our extensions.
_base_ = 'stage2_scenes.py'

load_without = ()

model = dict(
    avc_head=dict(visual_branch=dict(dropout=0.2)),  # as in stage 1
    alignment_head=dict(
        num_classes=None,
        temperature=0.8,
        midpoint=None,
        map_smoothing=1,
        loss=dict(_delete_=True, type='PairContrastiveLoss', margin=1.2),
    ),
    peak_threshold=0.0,
    refine_temperature=None,
    correspondence_temperature=None,
    connected=False,
)
