import json
from pathlib import Path

import pytest

from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.datasets.mixture_list import read_mixtures
from mmavl.errors import DataError
from mmavl.preparation.converters.jobs import Place
from mmavl.preparation.converters.music import Music

from .conftest import write_frames, write_sound, write_video

SHARED = Path(__file__).parents[4] / 'shared/data/music'


def video_id(name, number):
    return f'{name}{number}'.ljust(11, '_')


@pytest.fixture
def files(tmp_path):
    """Four cellos, two flutes, three duets; boxes in the last cello and the first duet."""
    solo = {'flute': [video_id('flu', i) for i in range(2)]}
    solo['cello'] = [video_id('cel', i) for i in range(4)]
    duet = {'flute cello': [video_id('duo', i) for i in range(3)]}
    (tmp_path / 'solo.json').write_text(json.dumps({'videos': solo}))
    (tmp_path / 'duet.json').write_text(json.dumps({'videos': duet}))
    box = [0.5, 0.5, 0.5, 0.25]
    boxes = [
        {'file': f'{video_id("cel", 3)}_001_00037', 'class': 'cello', 'bbox': box},
        {'file': f'{video_id("cel", 3)}_100_03000', 'class': 'cello', 'bbox': box},
        {'file': 'unknown____000_00000', 'class': 'cello', 'bbox': box},
    ]
    (tmp_path / 'solo_boxes.json').write_text(json.dumps(boxes))
    pair = {'class_src1': 'cello', 'bbox_src1': [0.1, 0.1, 0.2, 0.2]}
    pair |= {'class_src2': 'flute', 'bbox_src2': box, 'file': f'{video_id("duo", 0)}_000_00000'}
    (tmp_path / 'duet_boxes.json').write_text(json.dumps([pair]))
    return tmp_path


@pytest.fixture
def filled(media):
    """Every video but the second flute; the first cello is extracted already."""
    for name, count in (('flu', 1), ('cel', 4), ('duo', 3)):
        for number in range(count):
            if (name, number) != ('cel', 0):
                write_video(media / 'any' / f'{video_id(name, number)}.mkv', seconds=7)
    write_frames(media / 'solo/cello' / video_id('cel', 0), 56, first=1, digits=6)
    write_sound(media / 'solo/cello' / f'{video_id("cel", 0)}.wav', 7, rate=11025)
    return media


def ids(path):
    return [entry['clip_id'] for entry in read_manifest(path)['data_list']]


def test_first_and_second_videos_validate_and_test_and_boxes_are_placed(files, filled):
    out = files / 'out'
    boxes = {kind: files / f'{kind}_boxes.json' for kind in ('solo', 'duet')}
    lists = files / 'solo.json', files / 'duet.json'
    pair = [(video_id('cel', 1), 'cello', 0.5), (video_id('flu', 1), 'flute', 0.5)]
    mixtures = [pair, pair[:1]]
    report = Music(Place(out, filled), *lists, boxes, mixtures).convert()
    assert read_mixtures(out / 'test_mixtures.json') == mixtures[1:]
    ((first, second),) = read_mixtures(out / 'val_mixtures.json')
    assert (first[:2], second[:2]) == (
        (video_id('cel', 0), 'cello'),
        (video_id('flu', 0), 'flute'),
    )
    assert ids(out / 'val.json') == [video_id('flu', 0), video_id('cel', 0)]
    assert ids(out / 'test.json') == [video_id('cel', 1)]
    assert ids(out / 'val_duet.json') == [video_id('duo', 0)]
    assert ids(out / 'test_duet.json') == [video_id('duo', 1)]
    assert ids(out / 'train_solo.json') == [video_id('cel', 2)]
    assert ids(out / 'train.json') == [video_id('cel', 2), video_id('duo', 2)]
    train = read_manifest(out / 'train.json')
    assert train['metainfo']['classes'] == ['cello', 'flute']
    assert train['data_list'][1]['tags'] == ['cello', 'flute']
    assert train['data_list'][1]['audio'] == f'duet/flute-cello/{video_id("duo", 2)}.wav'
    assert len(train['data_list'][0]['frames']) in (56, 57)  # 7 s at 8 fps, and AAC's last packet
    assert len(read_manifest(out / 'val.json')['data_list'][1]['frames']) == 56
    (solo,) = read_manifest(out / 'boxes_solo.json')['data_list']
    assert set(solo['boxes']) == {'10'}  # frame 37 of 30 a second is 1.23 s, 9.87 of 8 a second
    (duet,) = read_manifest(out / 'boxes_duet.json')['data_list']
    assert [b['label'] for b in duet['boxes']['0']] == ['cello', 'flute']
    for path in out.glob('*.json'):
        if path.stem not in ('report', 'val_mixtures', 'test_mixtures'):
            assert check_manifest(read_manifest(path), out) == {}
    found = {(f.split, f.clip_id, f.cause, f.kept) for f in report.findings}
    assert {
        ('solo test', video_id('flu', 1), 'missing', False),
        ('test', '', 'class without video', False),
        ('solo train', video_id('cel', 3), 'held out', False),
        ('boxes_solo', 'unknown____', 'annotation without clip', False),
        ('boxes_solo', video_id('cel', 3), 'annotation without frame', True),
    } <= found


def test_lists_that_do_not_fit_each_other_are_named(files, media):
    (files / 'solo.json').write_text('{"videos": {"cello": ["x"]}}')
    with pytest.raises(DataError, match=r"duet\.json has videos of 'flute cello'"):
        Music(Place(files, media), files / 'solo.json', files / 'duet.json').convert()
    (files / 'solo.json').write_text('{}')
    with pytest.raises(DataError, match=r'solo\.json is not a list of MUSIC videos'):
        Music(Place(files, media), files / 'solo.json').convert()


@pytest.mark.parametrize('name', ['../../../escape', '/tmp/escape', '..'])
def test_a_class_or_id_that_leads_elsewhere_writes_nothing(tmp_path, media, name):
    (tmp_path / 'solo.json').write_text(json.dumps({'videos': {name: ['abcdefghijk']}}))
    write_video(media / 'abcdefghijk.mp4', seconds=7)
    before = set(tmp_path.rglob('*'))
    with pytest.raises(DataError, match='cannot be the name of a clip or class'):
        Music(Place(tmp_path / 'a/b/c/out', media), tmp_path / 'solo.json').convert()
    assert set(tmp_path.rglob('*')) == before
