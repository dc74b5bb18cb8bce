import json
import runpy
import sys
from pathlib import Path

import pytest

pytest.importorskip('mmdet', reason='mmdet is not installed')

from mmavl.datasets import AVDataset
from mmavl.detection import Detector, ManifestFrames
from mmavl.errors import DataError

TOOL = Path(__file__).parents[2] / 'tools/detect_boxes.py'


@pytest.fixture
def run(monkeypatch, tiny, tiny_checkpoint, frames):
    """Detect with the tiny detector on the tiny manifest; gives the new manifest."""

    def call(*args, score='0.1', out='out.json'):
        argv = [tiny, tiny_checkpoint, frames, '--score', score, '--workers', '0', *args]
        argv += ['--out', frames.with_name(out)]
        monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, argv)])
        runpy.run_path(str(TOOL), run_name='__main__')
        return json.loads(frames.with_name(out).read_text())

    return call


def test_every_frame_gets_boxes_and_those_not_heard_are_silent(run, frames, capsys):
    found = run()
    before = json.loads(frames.read_text())
    assert [e['clip_id'] for e in found['data_list']] == ['a', 'b/ü']
    heard = {'a': {'Violin'}, 'b/ü': {'Horn'}}
    counts = {True: 0, False: 0}
    for old, entry in zip(before['data_list'], found['data_list']):
        assert {k: v for k, v in entry.items() if k != 'boxes'} == {
            k: v for k, v in old.items() if k != 'boxes'
        }
        assert list(entry['boxes']) == ['0', '1']
        for items in entry['boxes'].values():
            for item in items:
                assert item['score'] >= 0.1
                assert item['sounding'] == (item['label'] in heard[entry['clip_id']])
                counts[item['sounding']] += 1
    assert min(counts.values()) > 0
    assert found['metainfo']['boxes']['score'] == 0.1
    assert found['metainfo']['boxes']['checkpoint'] == 'tiny.pth'
    printed = capsys.readouterr().out
    assert f'{counts[True]} boxes as references, {counts[False]} silent' in printed
    assert '4 frames' in printed
    assert not list(frames.parent.glob('*.partial*'))


def test_the_new_manifest_is_one_that_the_dataset_reads(run, frames):
    run()
    dataset = AVDataset(str(frames.with_name('out.json')), frame='annotated', test_mode=True)
    assert [dataset.get_data_info(i)['frame_index'] for i in range(len(dataset))] == [0, 1, 0, 1]


def test_an_interrupted_run_goes_on_and_gives_the_same(run, frames, monkeypatch):
    whole = run('--batch-size', '1', out='whole.json')
    read, count = ManifestFrames.__getitem__, []

    def stop_at_the_fourth(self, item):
        count.append(item)
        if len(count) == 4:
            raise KeyboardInterrupt
        return read(self, item)

    monkeypatch.setattr(ManifestFrames, '__getitem__', stop_at_the_fourth)
    with pytest.raises(SystemExit, match='interrupted: run the same command again'):
        run('--batch-size', '1')
    assert not frames.with_name('out.json').exists()
    count.clear()
    assert run('--batch-size', '1') == whole
    assert len(count) == 2  # the second clip only


def test_a_clip_that_cannot_be_read_is_named_and_the_others_are_done(run, frames, monkeypatch):
    whole = run('--batch-size', '3', out='whole.json')
    read, count = ManifestFrames.__getitem__, []

    def fail_at_the_second(self, item):
        count.append(item)
        if len(count) == 2:
            raise DataError("a.png is truncated (clip 'a', frame 1)")
        return read(self, item)

    monkeypatch.setattr(ManifestFrames, '__getitem__', fail_at_the_second)
    with pytest.raises(SystemExit, match=r'error: 1 clips cannot be read, first a\.png is tr'):
        run('--batch-size', '3')
    assert not frames.with_name('out.json').exists()
    assert run('--batch-size', '3') == whole
    assert count[4:] == [0, 1]  # the bad clip only


def test_what_another_run_left_is_not_mixed_in(run, frames, monkeypatch):
    frames.with_name('out.partial.jsonl').write_text('{"settings": {"score": 0.9}}\n')
    with pytest.raises(SystemExit, match=r'error: .*out\.partial\.jsonl .*delete it'):
        run()


def test_a_detector_of_other_classes_is_refused_before_it_runs(run, frames, monkeypatch):
    monkeypatch.setattr(Detector, 'detect', None)
    content = json.loads(frames.read_text())
    content['metainfo']['classes'] = ['Violin', 'Horn', 'Oboe']
    frames.write_text(json.dumps(content))
    with pytest.raises(SystemExit, match=r'error: the detector has other classes .*lacks O'):
        run()


def test_the_manifest_itself_is_not_overwritten(run, frames):
    before = frames.read_text()
    with pytest.raises(SystemExit, match='would be overwritten'):
        run(out=frames.name)
    assert frames.read_text() == before


def test_boxes_found_in_bfloat16_say_so(run, capsys):
    assert 'dtype' not in run()['metainfo']['boxes']
    assert 'Computing in float32, as set by dtype=float32.' in capsys.readouterr().err
    assert run('--dtype', 'bfloat16', out='fast.json')['metainfo']['boxes']['dtype'] == 'bfloat16'
