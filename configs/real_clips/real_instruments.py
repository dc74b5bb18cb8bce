# Of real_everyday.py the musical instruments, and singing.
_base_ = 'real_everyday.py'

groups = ('strings', 'wind', 'keys_percussion', 'Music')
families = {name: _base_.families[name] for name in groups}
names = [*families['Music'], 'Singing', *families]
kinds = {name: finer for name, finer in _base_.kinds.items() if name in names}
aliases = {name: words for name, words in _base_.aliases.items() if name in names}
labelled = [*names, *[kind for finer in kinds.values() for kind in finer]]
tables = [
    {name: table[name] for name in labelled if name in table}
    for table in (_base_.model.audio_groups.table, _base_.model.visual_groups.table)
]
model = dict(
    classes=names,
    families=dict(_delete_=True, **families),
    kinds=dict(_delete_=True, **kinds),
    audio_groups=dict(table=dict(_delete_=True, **tables[0])),
    visual_groups=dict(table=dict(_delete_=True, **tables[1])),
)
metainfo = dict(_delete_=True, classes=names, families=families, kinds=kinds, aliases=aliases)
test_dataloader = dict(dataset=dict(metainfo=metainfo))
