# The row AVC on SoundNet-Flickr: correspondence alone, localized without any class.
_base_ = [
    '_base_/datasets/soundnet_flickr.py',
    '_base_/models/coarse_to_fine.py',
    '_base_/schedules/sgd_60e.py',
    '_base_/default_runtime.py',
]

model = dict(
    # O_v is all that correspondence needs
    visual_backbone=dict(name='resnet18.tv_in1k', pretrained=True, out_indices=(3,)),
    audio_tag_head=None,
    visual_tag_head=None,
    disentangler=None,
)
