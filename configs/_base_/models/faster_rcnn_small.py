# faster_rcnn.py made for CPUs, and for frames of 256 px with a few objects of 40 to 140 px: three
# levels of 128 channels, few proposals, small layers behind them. A top config adds the backbone
# with maps at strides 8, 16 and 32, and in_channels of the neck.
_base_ = 'faster_rcnn.py'

strides = [8, 16, 32]

model = dict(
    neck=dict(out_channels=128, num_outs=3),
    rpn_head=dict(
        in_channels=128,
        feat_channels=128,
        anchor_generator=dict(
            _delete_=True,
            type='AnchorGenerator',
            octave_base_scale=4,
            scales_per_octave=2,
            ratios=[0.5, 1.0, 2.0],
            strides=strides,
        ),
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=128, featmap_strides=strides),
        bbox_head=dict(in_channels=128, fc_out_channels=256, reg_class_agnostic=True),
    ),
    train_cfg=dict(
        rpn=dict(sampler=dict(num=128)),
        rpn_proposal=dict(nms_pre=300, max_per_img=150),
        rcnn=dict(sampler=dict(num=64, pos_fraction=0.5)),
    ),
    test_cfg=dict(rpn=dict(nms_pre=300, max_per_img=100), rcnn=dict(max_per_img=20)),
)
