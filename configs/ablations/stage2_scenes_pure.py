# stage2_scenes.py in mmengine's pure-Python style.
# Bases and components are imported, so that an editor finds them. The bases serve both styles.
from mmengine.config import read_base

from mmavl.models.heads import AlignmentHead
from mmavl.models.losses import PairInfoNCELoss

with read_base():
    from .._base_.datasets.scenes import *
    from .._base_.default_runtime import *
    from .._base_.models.alignment_cached import *
    from .._base_.models.coarse_to_fine_cached import *
    from .._base_.schedules.adamw_onecycle import *

load_from = 'work_dirs/stage1_scenes/epoch_4.pth'
load_without = ('avc_head',)

model['avc_head']['visual_branch']['dropout'] = 0.65
alignment['alignment_head'].update(type=AlignmentHead)
alignment['alignment_head']['loss'].update(type=PairInfoNCELoss)
model.update(alignment)
del alignment

optim_wrapper.update(optimizer=dict(lr=2e-3))
param_scheduler.update(eta_max=2e-3)
train_cfg.update(max_epochs=16)
