default_scope = 'mmavl'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    checkpoint=dict(type='AtomicCheckpointHook', interval=1, max_keep_ckpts=2),
    finite=dict(type='NonFiniteHook'),
    bad_samples=dict(type='BadSamplesHook'),
    batch_norm_sync=dict(type='BatchNormSyncHook'),
    random_state=dict(type='RandomStateHook'),
    termination=dict(type='TerminationHook'),
    visualization=dict(type='VisualizationHook'),
)

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)

randomness = dict(seed=0)
visualizer = dict(type='AVVisualizer', vis_backends=[dict(type='AtomicVisBackend')])
log_processor = dict(by_epoch=True, window_size=20)
log_level = 'INFO'
load_from = None
resume = False
