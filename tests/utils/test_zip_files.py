import zipfile

from mmavl.utils.zip_files import zip_problem


def make(path, compression, content=b'\0' * 100_000):
    with zipfile.ZipFile(path, 'w', compression) as archive:
        archive.writestr('a', content)
    return path


def test_a_stored_zip_is_all_right_and_a_bomb_is_not(tmp_path):
    assert zip_problem(make(tmp_path / 'a.zip', zipfile.ZIP_STORED)) == ''
    bomb = make(tmp_path / 'b.zip', zipfile.ZIP_DEFLATED)
    assert 'unpacks to 100,000 bytes in 1 files' in zip_problem(bomb)
    assert zip_problem(bomb, largest=100_000) == ''


def test_entries_that_share_their_bytes_are_counted_each(tmp_path):
    path = make(tmp_path / 'a.zip', zipfile.ZIP_STORED)
    with zipfile.ZipFile(path, 'a') as archive:
        for number in range(10):
            again = zipfile.ZipInfo(f'{number}')
            first = archive.getinfo('a')
            again.header_offset, again.CRC = first.header_offset, first.CRC
            again.file_size = again.compress_size = first.file_size
            archive.filelist.append(again)
            archive._didModify = True
    assert 'unpacks to 1,100,000 bytes in 11 files' in zip_problem(path)


def test_one_changed_bit_is_named(tmp_path):
    path = make(tmp_path / 'a.zip', zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[50_000] ^= 1
    path.write_bytes(content)
    assert zip_problem(path) == "is damaged: the checksum of 'a' in it is wrong"
    assert zip_problem(path, check_sums=False) == ''


def test_what_is_no_zip_is_said(tmp_path):
    path = make(tmp_path / 'a.zip', zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes()[:-30])
    assert zip_problem(path).startswith('is damaged, or not a zip file')
