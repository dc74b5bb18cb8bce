# InstrumentScenes' boxes, sounding or not, from tools/dataset_converters/manifest_to_coco.py.
data_root = 'data/instrument_scenes/'
classes = (
    'Banjo', 'Cello', 'Drum', 'Guitar', 'Harp', 'Harmonica', 'Oboe', 'Piano', 'Saxophone',
    'Trombone', 'Trumpet', 'Violin', 'Flute', 'Accordion', 'Horn',
)  # fmt: skip

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=(256, 256), keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(256, 256), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
    ),
]

dataset = dict(
    _scope_='mmdet',
    type='CocoDataset',
    data_root=data_root,
    metainfo=dict(classes=classes),
    data_prefix=dict(img=''),
)
evaluator = dict(_scope_='mmdet', type='CocoMetric', metric='bbox')
loading = dict(batch_size=16, num_workers=1, persistent_workers=True)

train_dataloader = dict(
    **loading,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **dataset,
        ann_file='train_coco.json',
        filter_cfg=dict(filter_empty_gt=True, min_size=1),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    **loading,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **dataset,
        ann_file='val_coco.json',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        **dataset,
        ann_file='test_coco.json',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)

val_evaluator = dict(**evaluator, ann_file=data_root + 'val_coco.json')
test_evaluator = dict(**evaluator, ann_file=data_root + 'test_coco.json')
