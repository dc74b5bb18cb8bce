# Stage 1 of the paper on AudioSet-instrument: Eq. 3, ImageNet's ResNet-18 (downloaded by timm).
_base_ = [
    '_base_/datasets/audioset_instrument.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

model = dict(visual_backbone=dict(name='resnet18.tv_in1k', pretrained=True))
