import pytest

from mmavl.datasets import AVDataset
from mmavl.datasets.readable import evaluated, keep_readable
from mmavl.errors import ConfigError, DataError

PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'PackAVInputs'},
]


def split(root):
    return AVDataset('toy.json', str(root), pipeline=PIPELINE, test_mode=True)


@pytest.mark.parametrize('workers', [0, 1])
def test_samples_that_cannot_be_read_are_left_out_and_counted_by_cause(data_root, workers):
    for index in (0, 2):
        (data_root / f'clip{index}.wav').unlink()
    data = split(data_root)
    keep_readable(data, workers)
    assert [sample['data_samples'].clip_id for sample in data] == ['clip1', 'clip3']
    part = evaluated(data)
    assert (part['samples'], part['of']) == (2, 4)
    ((cause, clips),) = part['missing'].items()
    assert cause.startswith('audio is missing')
    assert clips == ['clip0', 'clip2']


def test_a_complete_split_says_nothing(data_root):
    data = split(data_root)
    keep_readable(data)
    assert len(data) == 4
    assert evaluated(data) is None


def test_a_split_without_any_readable_sample_is_an_error(data_root):
    for file in data_root.glob('*.wav'):
        file.unlink()
    with pytest.raises(DataError, match=r'none of the 4 samples can be read; the first: .*clip0'):
        keep_readable(split(data_root))


def test_a_dataset_that_cannot_become_a_subset_is_an_error():
    with pytest.raises(ConfigError, match='list cannot leave out missing samples'):
        keep_readable([1, 2])
