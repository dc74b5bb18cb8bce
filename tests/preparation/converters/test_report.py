import json

from mmavl.datasets.manifest import read_manifest
from mmavl.preparation.converters.media import Outcome
from mmavl.preparation.converters.report import Report

METAINFO = {'dataset': 'toy', 'classes': ['Cello']}


def entry(clip_id, **more):
    values = {'clip_id': clip_id, 'audio': 'x.wav', 'frames': ['x.jpg'], 'fps': 1}
    return {**values, 'duration': 1.0, 'tags': [], **more}


def test_what_passes_is_written_and_what_does_not_is_named(tmp_path):
    report = Report()
    bad = {'0': [{'bbox': [0.5, 0.5, 0.9, 0.9], 'label': 'Cello', 'sounding': False}]}
    entries = [entry('a'), entry('b', boxes=bad), entry('a')]
    assert report.write_split(tmp_path / 'train.json', 'train', METAINFO, entries) == 1
    manifest = read_manifest(tmp_path / 'train.json')
    assert [e['clip_id'] for e in manifest['data_list']] == ['a']
    assert manifest['metainfo']['split'] == 'train'
    assert [(f.clip_id, f.cause, f.kept) for f in report.findings] == [
        ('b', 'degenerate', False),
        ('a', 'duplicate', False),
    ]


def test_a_manifest_of_nothing_is_not_written_and_an_old_one_does_not_stay(tmp_path):
    report = Report()
    report.write_split(tmp_path / 'train.json', 'train', METAINFO, [entry('a')])
    assert report.write_split(tmp_path / 'train.json', 'train', METAINFO, []) == 0
    assert not (tmp_path / 'train.json').exists()
    assert report.lines() == ['train: no manifest']


def test_files_that_belong_to_no_manifest_are_counted_apart():
    report = Report(usable={'train': 2})
    report.add_unreadable([PermissionError(13, 'Permission denied', 'a')])
    report.add('', 'x.txt', 'passed over', 'x.txt has no suffix of a video')
    assert report.lines() == ['train: 2 clips', 'files: 1 unreadable folder, 1 passed over']


def test_outcomes_become_findings_and_lines_count_them_by_cause(tmp_path):
    report = Report()
    report.usable['train'] = 2
    assert report.add_outcome('train', 'a', Outcome('train/a', frames=1))
    assert not report.add_outcome('train', 'b', Outcome('train/b', 'broken', 'b.mp4 is damaged'))
    assert not report.add_outcome('train', 'c', None)
    assert report.add_outcome('train', 'd', Outcome('train/d', note='short: 3 s', more=('d.avi',)))
    assert report.lines() == [
        'train: 2 clips; 1 broken, 1 not converted, 1 short (kept), 1 duplicate (kept)'
    ]
    report.write(tmp_path / 'report.json')
    written = json.loads((tmp_path / 'report.json').read_text())
    assert written['usable'] == {'train': 2}
    assert written['counts']['train']['broken'] == 1
    finding = {'split': 'train', 'clip_id': 'b', 'cause': 'broken', 'kept': False}
    assert written['findings'][0] == {**finding, 'detail': 'b.mp4 is damaged'}
