# The row AVC on MUSIC: correspondence alone, localized without any class.
_base_ = 'stage1_music.py'

model = dict(
    visual_backbone=dict(out_indices=(3,)),  # O_v is all that correspondence needs
    audio_tag_head=None,
    visual_tag_head=None,
    disentangler=None,
)
