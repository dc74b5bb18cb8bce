# Stage 2 on InstrumentScenes: stage 1's losses and the alignment of sounds with objects.
_base_ = [
    '_base_/datasets/scenes.py',
    '_base_/models/coarse_to_fine_aligned_cached.py',
    '_base_/schedules/adamw_onecycle.py',
    '_base_/default_runtime.py',
]

load_from = 'work_dirs/stage1_scenes/epoch_4.pth'
load_without = ('avc_head',)  # from stage 1's, alignment confuses relatives more often

optim_wrapper = dict(optimizer=dict(lr=2e-3))
param_scheduler = dict(eta_max=2e-3)
train_cfg = dict(max_epochs=16)
