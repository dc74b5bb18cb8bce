import pytest

from mmavl.errors import DataError
from mmavl.preparation.open_images import INSTRUMENTS, read_boxes, read_class_labels, read_sizes
from mmavl.scenes.instruments.classes import CLASSES

HEADER = (
    'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,'
    'IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside'
)
LABELS = {'/m/0342h': 'Guitar', '/m/07y_7': 'Violin'}


def write_boxes(path, *rows):
    path.write_text('\n'.join([HEADER, *rows]) + '\n')
    return path


def test_the_classes_are_audioset_instruments_in_its_order():
    assert tuple(INSTRUMENTS) == CLASSES


def test_labels_are_found_by_name_among_other_classes(tmp_path):
    rows = [f'/m/{number},{names[-1]}' for number, names in enumerate(INSTRUMENTS.values())]
    path = tmp_path / 'classes.csv'
    path.write_text('\n'.join(['/m/x,Bass guitar', *rows, '/m/y,"Fruit, dried"']))
    labels = read_class_labels(path)
    assert labels == {f'/m/{number}': name for number, name in enumerate(CLASSES)}


def test_a_class_that_is_not_described_is_named(tmp_path):
    (tmp_path / 'classes.csv').write_text('/m/018j2,Banjo\n')
    with pytest.raises(DataError, match=r'classes\.csv has no class Cello'):
        read_class_labels(tmp_path / 'classes.csv')


def test_boxes_of_the_wanted_classes_are_read_as_xywh(tmp_path):
    path = write_boxes(
        tmp_path / 'boxes.csv',
        'b2,xclick,/m/0342h,1,0.25,0.75,0.5,1,0,1,0,0,0',
        'b2,xclick,/m/07j7r,1,0.1,0.2,0.3,0.4,0,0,0,0,0',
        'a1,xclick,/m/07y_7,1,0,0.5,0,0.25,0,0,1,0,0',
        'b2,xclick,/m/07y_7,1,0,1,0,1,-1,-1,-1,-1,-1',
        'c3,xclick,/m/07y_7,1,0.5,0.5,0,1,0,0,0,0,0',
    )
    boxes, left_out = read_boxes(path, LABELS)
    assert list(boxes.items()) == [
        ('a1', [('Violin', (0.0, 0.0, 0.5, 0.25), True)]),
        (
            'b2',
            [('Guitar', (0.25, 0.5, 0.5, 0.5), False), ('Violin', (0.0, 0.0, 1.0, 1.0), False)],
        ),
    ]
    assert left_out == {'boxes without area': 1}


@pytest.mark.parametrize(
    ('row', 'message'),
    [
        ('a,x,/m/0342h,1,0.5,0.4,0,1,0,0,0,0,0', 'line 2: image a has a box x 0.5 to 0.4'),
        ('a,x,/m/0342h,1,0,1,0,1.5,0,0,0,0,0', 'y 0.0 to 1.5, which is not inside'),
        ('a,x,/m/0342h,1,0,nan,0,1,0,0,0,0,0', 'not inside the image'),
        ('a,x,/m/0342h,1,0,one,0,1,0,0,0,0,0', "line 2: .* is not a box .*'one'"),
        ('a,x,/m/0342h,1,0', 'line 2: .* is not a box'),
    ],
)
def test_a_row_that_is_no_box_is_named(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        read_boxes(write_boxes(tmp_path / 'boxes.csv', row), LABELS)


@pytest.mark.parametrize('image', ['../../etc/passwd', '/etc/passwd', '..'])
def test_an_image_id_that_leads_elsewhere_is_refused(tmp_path, image):
    path = write_boxes(tmp_path / 'boxes.csv', f'{image},x,/m/0342h,1,0,1,0,1,0,0,0,0,0')
    with pytest.raises(DataError, match=r'line 2: .* cannot be the name'):
        read_boxes(path, LABELS)


@pytest.mark.parametrize(
    'content', [b'caf\xe9,1,2\n', b'"' + b'x' * 200_000 + b'",1,2\n'], ids=['latin', 'long']
)
@pytest.mark.parametrize('read', [read_class_labels, read_sizes, lambda p: read_boxes(p, LABELS)])
def test_a_file_that_is_no_csv_is_one_line(tmp_path, content, read):
    (tmp_path / 'x.csv').write_bytes(content)
    with pytest.raises(DataError, match=r'x\.csv is not a text table') as info:
        read(tmp_path / 'x.csv')
    assert '\n' not in str(info.value)


def test_another_file_is_refused(tmp_path):
    (tmp_path / 'boxes.csv').write_text('ImageID,LabelName\n')
    with pytest.raises(DataError, match=r'boxes\.csv has no column XMin, XMax, YMin'):
        read_boxes(tmp_path / 'boxes.csv', LABELS)


def test_sizes_come_from_a_table(tmp_path):
    (tmp_path / 'sizes.csv').write_text('Width,ImageID,Height\n1024,a,768\n')
    assert read_sizes(tmp_path / 'sizes.csv') == {'a': (1024, 768)}


@pytest.mark.parametrize('row', ['a,0,5', 'a,x,5', 'a'])
def test_a_size_that_is_none_is_named(tmp_path, row):
    (tmp_path / 'sizes.csv').write_text(f'ImageID,Width,Height\n{row}\n')
    with pytest.raises(DataError, match=r'sizes\.csv, line 2'):
        read_sizes(tmp_path / 'sizes.csv')


@pytest.mark.parametrize(
    'content', [b'\xff\xfe\x00', b'a,"' + b'x' * 200_000], ids=['bytes', 'field']
)
def test_what_is_no_table_of_text_is_named(tmp_path, content):
    path = tmp_path / 'x.csv'
    for before, read in (
        (b'', read_class_labels),
        (HEADER.encode() + b'\n', lambda path: read_boxes(path, LABELS)),
        (b'ImageID,Width,Height\n', read_sizes),
    ):
        path.write_bytes(before + content)
        with pytest.raises(DataError, match=r'x\.csv is not a text table'):
            read(path)
