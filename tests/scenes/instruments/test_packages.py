import re

from mmavl.scenes.instruments.packages import DEBIAN, NPM, Package


def test_the_table_names_each_package_once_with_its_checksum():
    names = [package.name for package in (*DEBIAN, *NPM)]
    assert len(names) == len(set(names)) == 6 + 5 + 12
    sums = {package.sha256 for package in (*DEBIAN, *NPM)}
    assert len(sums) == len(names)
    assert all(re.fullmatch('[0-9a-f]{64}', value) for value in sums)


def test_only_files_that_match_a_pattern_are_taken():
    package = Package('toy', '1', '', ('usr/share/*.png', 'usr/a.rcc'))
    assert package.takes('usr/share/deep/x.png')
    assert package.takes('usr/a.rcc')
    assert not package.takes('usr/share/x.svg')
    assert not package.takes('usr/b.rcc')


def test_a_path_that_leaves_the_package_is_never_taken():
    package = Package('toy', '1', '', ('usr/*.png',))
    assert not package.takes('usr/../../etc/x.png')
    assert package.takes('usr/a..b.png')  # two dots in a name lead nowhere


def test_a_scoped_name_becomes_one_file_name():
    assert Package('@iconify-json/noto', '1', '', ()).slug == 'iconify-json-noto'
    assert Package('openclipart-png', '1', '', ()).slug == 'openclipart-png'


def test_what_is_not_free_or_not_needed_stays_in_the_archives():
    gcompris = next(package for package in DEBIAN if package.name == 'gcompris-qt-data')
    assert gcompris.takes('usr/share/gcompris-qt/rcc/instruments.rcc')
    assert not gcompris.takes('usr/share/gcompris-qt/rcc/music-background.rcc')
    assert all(
        package.takes('package/C4.mp3') and package.takes('package/icons.json') for package in NPM
    )
    assert not any(package.takes('package/index.js') for package in NPM)
