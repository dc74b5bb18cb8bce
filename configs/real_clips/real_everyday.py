# Animals, vehicles, tools, instruments and more in any video, without training.
_base_ = [
    '../_base_/datasets/real_clips.py',
    '../_base_/models/training_free.py',
    '../_base_/classes/everyday.py',
    '../_base_/default_runtime.py',
]

faces = {name: ['face'] for name in _base_.voices}
faces['Baby'] = [*_base_.visual_table['Baby'], 'face']
names = [*_base_.classes, *_base_.voices, *_base_.families, *_base_.heard_only]
model = dict(
    classes=names,
    families=_base_.families,
    kinds=_base_.kinds,
    audio_groups=dict(
        type='TableGroups',
        table={
            **_base_.audio_table,
            **_base_.audio_family_table,
            **_base_.audio_kind_table,
            **_base_.voices,
            **_base_.heard_only,
        },
    ),
    visual_groups=dict(
        type='TableGroups',
        table={
            **_base_.visual_table,
            **_base_.visual_family_table,
            **_base_.visual_kind_table,
            **faces,
        },
    ),
)
metainfo = dict(
    classes=names, families=_base_.families, kinds=_base_.kinds, aliases=_base_.aliases
)
test_dataloader = dict(dataset=dict(metainfo=metainfo))
