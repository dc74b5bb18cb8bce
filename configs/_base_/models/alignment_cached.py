# Alignment with our extensions; ablations/stage2_scenes_no_extensions.py is without them.
alignment = dict(
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
