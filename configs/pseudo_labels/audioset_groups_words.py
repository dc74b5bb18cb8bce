# audioset_groups.py with ImageNet's labels assigned as in section 4.3 of the paper: by word
# vectors (GloVe, any text file of it) and by what is heard where a label is seen.
_base_ = 'audioset_groups.py'

visual = dict(
    groups=dict(
        _delete_=True,
        type='WordVectorGroups',
        path='data/glove.6B.300d.txt',
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
