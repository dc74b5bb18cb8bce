# SSLalignment on SoundNet-Flickr, 10k pairs, with the published networks.
# Stride 16, no projection of the cells. With lists of neighbours by picture and by sound there is
# a third view: train_dataloader.dataset.neighbours=dict(image=..., audio=...), JSON, clip id ->
# clip ids.
_base_ = [
    '../_base_/datasets/soundnet_flickr_3s.py',
    '../_base_/models/peer_resnet18.py',
    '../_base_/schedules/adam_100e.py',
    '../_base_/default_runtime.py',
]

model = dict(
    type='SSLAlign',
    data_preprocessor=dict(spectrogram=dict(hop_length=159)),
    audio_backbone=dict(output_stride=16),
    visual_backbone=dict(output_stride=16),
    audio_neck=None,
    visual_neck=None,
    audio_whole=dict(type='PooledProjection', in_channels=512, out_channels=512),
    visual_whole=dict(type='PooledProjection', in_channels=512, out_channels=512),
)

loading = [dict(type='LoadFrame'), dict(type='LoadAudio', sample_rate=16000)]
cropping = [
    dict(type='Resize', size=(246, 246)),
    dict(type='RandomCrop', size=(224, 224)),
    dict(type='RandomFlip', prob=0.5),
]
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        _delete_=True,
        type='ViewDataset',
        dataset=dict(
            type='AVDataset',
            data_root='data/soundnet_flickr',
            ann_file='train_10k.json',
            frame='first',
            pipeline=[
                *loading,
                *cropping,
                dict(type='CropPadAudio', seconds=3.0, crop='centre', pad='repeat'),
                dict(type='PackAVInputs'),
            ],
        ),
        augmented=[
            *loading,
            *cropping,
            dict(type='ColorJitter', hue=0.1),
            dict(type='CropPadAudio', seconds=3.0, crop='random', pad='repeat'),
            dict(type='PackAVInputs'),
        ],
    ),
)
optim_wrapper = dict(optimizer=dict(weight_decay=1e-4))
train_cfg = dict(max_epochs=80)
