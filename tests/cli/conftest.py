"""A localizer with random maps for the commands to run."""

import pytest

CONFIG = """
model = dict(type='RandomLocalizer', data_preprocessor=dict(type='AVDataPreprocessor'))
test_dataloader = dict(
    dataset=dict(
        type='AVDataset',
        ann_file='none.json',
        metainfo=dict(classes=['Violin', 'Horn']),
        pipeline=[
            dict(type='LoadFrame'),
            dict(type='LoadAudio', sample_rate=8000),
            dict(type='Resize', size=(32, 32)),
            dict(type='CropPadAudio', seconds=1.0),
            dict(type='PackAVInputs'),
        ],
    )
)
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / 'own.py').write_text(CONFIG)
    return str(tmp_path / 'own.py')
