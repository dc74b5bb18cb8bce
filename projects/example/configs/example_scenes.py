# Coarse to fine on InstrumentScenes, with four components of this project.
_base_ = [
    'mmavl::_base_/datasets/scenes_22k.py',
    'mmavl::_base_/models/coarse_to_fine.py',
    'mmavl::_base_/schedules/adamw_onecycle.py',
    'mmavl::_base_/default_runtime.py',
]
custom_imports = dict(imports=['av_example'])

model = dict(
    audio_backbone=dict(channels=(16, 16, 32, 32, 64)),
    visual_backbone=dict(_delete_=True, type='PlainBackbone', channels=64),  # ours
    avc_head=dict(
        audio_branch=dict(type='AVCAudioBranch', in_channels=64, channels=64),
        visual_branch=dict(type='ConvNeck', in_channels=64, out_channels=64),
        channels=64,
    ),
    audio_tag_head=dict(num_classes=3, in_channels=128, hidden=32),
    visual_tag_head=dict(num_classes=3, in_channels=64),
    disentangler=dict(type='GradientTimesInput'),  # ours
    alignment_head=dict(
        type='AlignmentHead',
        in_channels=64,
        hidden=128,
        embed_dim=32,
        loss=dict(type='CosineMarginLoss', margin=0.2),  # ours
    ),
)

val_evaluator = [dict(type='LocalizationMetric', protocols=['three_quarters'])]  # ours
test_evaluator = [dict(type='LocalizationMetric', protocols=['three_quarters', 'half_max'])]

train_cfg = dict(max_epochs=10)
