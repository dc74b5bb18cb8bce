# stage2_scenes.py in mmengine's pure-Python style: bases and components are imported, so that an
# editor finds them. The bases themselves serve both styles.
from mmengine.config import read_base

from mmavl.models.heads import AlignmentHead
from mmavl.models.losses import PairInfoNCELoss
from mmavl.models.map_transforms import (
    CellCorrespondence,
    ConnectedToPeak,
    SigmoidHeat,
    SmoothMaps,
)

with read_base():
    from .._base_.datasets.scenes import *
    from .._base_.default_runtime import *
    from .._base_.models.coarse_to_fine_cached import *
    from .._base_.schedules.adamw_onecycle import *

load_from = 'work_dirs/stage1_scenes/epoch_4.pth'
load_without = ('avc_head',)

model['avc_head']['visual_branch']['dropout'] = 0.65
model.update(
    alignment_head=dict(
        type=AlignmentHead,
        in_channels=128,
        hidden=256,
        num_classes=3,
        map_transforms=[
            dict(type=SmoothMaps, side=3),
            dict(type=SigmoidHeat, midpoint=1.1, temperature=0.3),
        ],
        peak_threshold=0.5,
        refine_temperature=0.2,
        loss=dict(
            type=PairInfoNCELoss,
            temperature=0.1,
            absent=True,
            background=True,
            alike=0.125,
        ),
    ),
    map_transforms=[
        dict(type=CellCorrespondence, temperature=16.0),
        dict(type=ConnectedToPeak),
    ],
)

optim_wrapper.update(optimizer=dict(lr=2e-3))
param_scheduler.update(eta_max=2e-3)
train_cfg.update(max_epochs=16)
