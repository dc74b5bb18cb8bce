# Stage 2 on InstrumentScenes: stage 1's losses and the alignment of sounds with objects.
_base_ = [
    '_base_/datasets/scenes.py',
    '_base_/models/coarse_to_fine_cached.py',
    '_base_/schedules/adamw_onecycle.py',
    '_base_/default_runtime.py',
]

load_from = 'work_dirs/stage1_scenes/epoch_4.pth'
load_without = ('avc_head',)  # from stage 1's, alignment confuses relatives more often

# Eq. 5 to 8 with extensions of ours; stage2_scenes_literal.py is without them.
model = dict(
    avc_head=dict(visual_branch=dict(dropout=0.65)),  # it must hold for unseen pictures
    alignment_head=dict(
        type='AlignmentHead',
        in_channels=128,
        hidden=256,
        num_classes=3,
        map_transforms=[
            dict(type='SmoothMaps', side=3),
            dict(type='SigmoidHeat', midpoint=1.1, temperature=0.3),
        ],
        peak_threshold=0.5,
        refine_temperature=0.2,
        loss=dict(
            type='PairInfoNCELoss',
            temperature=0.1,
            absent=True,
            background=True,
            alike=0.125,
        ),
    ),
    map_transforms=[
        dict(type='CellCorrespondence', temperature=16.0),
        dict(type='ConnectedToPeak'),
    ],
)

optim_wrapper = dict(optimizer=dict(lr=2e-3))
param_scheduler = dict(eta_max=2e-3)
train_cfg = dict(max_epochs=16)
