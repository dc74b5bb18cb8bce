# Stage 1 of the simplified variant that the paper's authors released, on SoundNet-Flickr.
_base_ = [
    '../_base_/datasets/soundnet_flickr.py',
    '../_base_/models/coarse_to_fine_released.py',
    '../_base_/schedules/sgd_20e.py',
    '../_base_/default_runtime.py',
]

train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        pipeline=[
            dict(type='LoadFrame'),
            dict(type='LoadAudio', sample_rate=22050),
            dict(type='Resize', size=(256, 256)),
            dict(type='RandomFlip'),
            dict(type='CropPadAudio', seconds=5.0, crop='centre'),
            dict(type='PackAVInputs'),
        ]
    ),
)
