"""Every reader of a manifest's media stays below the data root."""

import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.datasets import AVDataset, SourceDataset, read_manifest
from mmavl.datasets.manifest import check_manifest, read_checked_manifest
from mmavl.datasets.manifest_checks import check_media
from mmavl.datasets.media_paths import media_path, path_problem
from mmavl.demo.examples import list_examples
from mmavl.detection.frames import ManifestFrames
from mmavl.errors import DataError
from mmavl.preparation.coco import manifest_to_coco


@pytest.mark.parametrize(
    'name', ['/etc/passwd', '../x.wav', 'a/../../x.wav', '..', 'a/..', 'a\\..\\..\\x.wav']
)
def test_a_name_that_leaves_the_root_is_refused_with_the_way_out(name):
    with pytest.raises(DataError, match=r'outside the data root: .* symbolic link into it'):
        media_path('root', name)


@pytest.mark.parametrize('name', [None, 3, '', ['x'], 'a\0b', '\ud800.wav'])
def test_what_no_file_can_be_called_is_no_path(name):
    assert path_problem(name).startswith('is not a path: ')


@pytest.mark.parametrize('name', ['a.wav', 'b c/ü:1.wav', '..x/y..wav', '~/x', '\udcff.wav'])
def test_any_other_name_is_below_the_root(name):
    assert media_path('root', name) == f'root/{name}'


def test_an_address_is_the_name_of_a_file():
    assert media_path('', 'http://localhost/x.wav') == './http://localhost/x.wav'


@pytest.fixture(params=['absolute', 'parent'])
def outside(request, tmp_path, data_root):
    """A file next to the data root, the name by which a manifest could reach it, the root."""

    def name(suffix):
        path = tmp_path / f'secret{suffix}'
        if suffix == '.wav':
            soundfile.write(path, np.full(8000, 0.5), 8000)
        else:
            Image.new('RGB', (8, 8)).save(path)
        return str(path) if request.param == 'absolute' else f'../{path.name}'

    return name


CHANGES = {
    'audio': lambda entry, name: entry.update(audio=name('.wav')),
    'frames': lambda entry, name: entry['frames'].__setitem__(1, name('.png')),
    'sources': lambda entry, name: entry.update(sources={'Cello': name('.wav')}),
    'video': lambda entry, name: entry.update(
        video=name('.png'), boxes={}, frames=entry.pop('no', None)
    ),
}


@pytest.mark.parametrize('key', CHANGES)
def test_each_reader_refuses_an_entry_that_leaves_the_root(key, outside, data_root):
    path = data_root / 'toy.json'
    manifest = json.loads(path.read_text())
    entry = manifest['data_list'][0]
    CHANGES[key](entry, outside)
    if key == 'video':
        del entry['frames']
    path.write_text(json.dumps(manifest))
    refused = pytest.raises(DataError, match=r"clip 'clip0'.*outside the data root")
    for dataset in (AVDataset, SourceDataset):
        with refused:
            dataset('toy.json', data_root=str(data_root))
    with refused:
        read_checked_manifest(path)
    with refused:
        list_examples(path)
    found = check_manifest(read_manifest(path), data_root)
    assert 'outside the data root' in found[0][0].message
    # and where nobody has checked the entry
    messages = [problem.message for problem in check_media(entry, data_root)]
    assert any('outside the data root' in message for message in messages)
    if key in ('frames', 'video'):
        with pytest.raises(DataError, match='outside the data root'):
            [*map(ManifestFrames([entry], data_root).__getitem__, range(2))]
    if key == 'frames':
        entry['boxes'] = {'1': []}
        with pytest.raises(DataError, match='outside the data root'):
            manifest_to_coco(manifest, data_root)


def test_a_link_that_the_owner_put_into_the_folder_may_lead_elsewhere(tmp_path, data_root):
    (data_root / 'clip0.wav').rename(tmp_path / 'elsewhere.wav')
    (data_root / 'clip0.wav').symlink_to(tmp_path / 'elsewhere.wav')
    assert check_manifest(read_manifest(data_root / 'toy.json'), data_root) == {}
