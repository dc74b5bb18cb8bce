# Open Images' boxes of the 15 instruments, from tools/dataset_converters/openimages_to_coco.py.
data_root = 'data/open_images/'
classes = (
    'Banjo', 'Cello', 'Drum', 'Guitar', 'Harp', 'Harmonica', 'Oboe', 'Piano', 'Saxophone',
    'Trombone', 'Trumpet', 'Violin', 'Flute', 'Accordion', 'Horn',
)  # fmt: skip

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=(1024, 800), keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(1024, 800), keep_ratio=True),
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
)
evaluator = dict(_scope_='mmdet', type='CocoMetric', metric='bbox')
loading = dict(batch_size=2, num_workers=4, persistent_workers=True)

train_dataloader = dict(
    **loading,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        **dataset,
        ann_file='train_instruments.json',
        data_prefix=dict(img='train/'),
        filter_cfg=dict(filter_empty_gt=True, min_size=32),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    **loading,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **dataset,
        ann_file='validation_instruments.json',
        data_prefix=dict(img='validation/'),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    val_dataloader,
    dataset=dict(
        **dataset,
        ann_file='test_instruments.json',
        data_prefix=dict(img='test/'),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)

val_evaluator = dict(**evaluator, ann_file=data_root + 'validation_instruments.json')
test_evaluator = dict(**evaluator, ann_file=data_root + 'test_instruments.json')
