import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmavl.errors import DataError
from mmavl.preparation.converters.cutting import ClipSpec
from mmavl.preparation.converters.index import Source
from mmavl.preparation.converters.jobs import Conversion, Place, Shard
from mmavl.preparation.converters.media import ClipJob

from .conftest import write_video

SPEC = ClipSpec(seconds=2.0, fps=5.0, sample_rate=8000, size=32, min_seconds=1.0)

#: What another process runs in the test that kills it.
SCRIPT = """
import json, sys
from pathlib import Path
from mmavl.preparation.converters.cutting import ClipSpec
from mmavl.preparation.converters.index import Source
from mmavl.preparation.converters.jobs import Conversion, Place
from mmavl.preparation.converters.media import ClipJob
if __name__ == '__main__':
    out, media, spec = Path(sys.argv[1]), sys.argv[2], ClipSpec(**json.loads(sys.argv[3]))
    jobs = [ClipJob(f'c{i}', 'train', Source(video=media)) for i in range(400)]
    Conversion(Place(out, workers=2), spec).run(jobs, 'train')
"""


def jobs_of(path, count):
    return [ClipJob(f'c{index}', 'train', Source(video=path)) for index in range(count)]


def tree(root):
    """Every file below a folder but the log, with its content."""
    paths = (p for p in sorted(root.rglob('*')) if p.is_file() and 'conversion' not in p.parts)
    return {str(p.relative_to(root)): p.read_bytes() for p in paths}


@pytest.fixture
def video(media):
    return write_video(media / 'clip.mp4', seconds=2)


def test_a_killed_conversion_continues_and_gives_the_same(tmp_path, video):
    killed, whole = tmp_path / 'killed', tmp_path / 'whole'
    script = tmp_path / 'convert.py'
    script.write_text(SCRIPT)
    spec = json.dumps(vars(SPEC))
    process = subprocess.Popen(
        [sys.executable, str(script), str(killed), video, spec], stderr=subprocess.DEVNULL
    )
    log = killed / 'conversion/1of1.jsonl'
    deadline = time.monotonic() + 300
    while not (log.is_file() and log.read_bytes().count(b'\n') >= 3):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = log.read_bytes().count(b'\n')
    assert 3 <= done < 400
    for folder in (p for p in (killed / 'train').iterdir() if p.is_dir() and p.name[0] != '.'):
        assert len(list(folder.iterdir())) == 10  # whole or not at all
    jobs = jobs_of(video, 400)[: done + 6]
    outcomes = Conversion(Place(killed), SPEC).run(jobs, 'train')
    assert {(o.cause, o.frames) for o in outcomes.values()} == {('', 10)}
    Conversion(Place(whole), SPEC).run(jobs, 'train')
    wanted = tree(whole)
    found = tree(killed)
    assert {name: found.get(name) for name in wanted} == wanted
    extra = {name.split('/')[1].split('.')[0] for name in found.keys() - wanted.keys()}
    assert not {job.clip_id for job in jobs} & extra


def test_what_is_made_is_not_made_again_and_what_failed_is_tried_again(tmp_path, media, video):
    place = Place(tmp_path / 'out')
    first = [*jobs_of(video, 2), ClipJob('late', 'train', None)]
    outcomes = Conversion(place, SPEC).run(first, 'train')
    assert outcomes['train/late'].cause == 'missing'
    stamp = (place.out / 'train/c0/0000.jpg').stat().st_mtime_ns
    second = [*jobs_of(video, 2), ClipJob('late', 'train', Source(video=video))]
    outcomes = Conversion(place, SPEC).run(second, 'train')
    assert {o.cause for o in outcomes.values()} == {''}
    assert (place.out / 'train/c0/0000.jpg').stat().st_mtime_ns == stamp
    (place.out / 'train/c1.wav').unlink()
    Conversion(place, SPEC).run(second, 'train')
    assert (place.out / 'train/c1.wav').is_file()


def test_a_line_that_was_cut_short_and_drafts_left_behind_do_no_harm(tmp_path, video):
    place = Place(tmp_path / 'out')
    Conversion(place, SPEC).run(jobs_of(video, 1), 'train')
    with open(place.out / 'conversion/1of1.jsonl', 'a') as log:
        log.write('{"key": "train/c1", "cau')
    draft = place.out / 'train/.c1.abc123.tmp'
    draft.mkdir()
    (draft / '0000.jpg').touch()
    assert len(Conversion(place, SPEC).run(jobs_of(video, 2), 'train')) == 2
    assert not draft.exists()
    assert len(Conversion(place, SPEC).outcomes) == 2


@pytest.mark.parametrize('content', ['', '[1]', '"x"', '{"seconds":'])
def test_a_damaged_spec_is_one_line_with_a_way_out(tmp_path, content):
    Conversion(Place(tmp_path), SPEC)
    (tmp_path / 'conversion/spec.json').write_text(content)
    with pytest.raises(DataError, match=r'spec\.json is damaged .*: delete it'):
        Conversion(Place(tmp_path), SPEC)


def test_lines_of_the_log_that_say_nothing_are_passed_over(tmp_path):
    Conversion(Place(tmp_path), SPEC)
    lines = ['[]', '{}', '3', '{"key": "a", "more": 3}', '{"key": "a", "more": [], "x": 1}', '\0']
    (tmp_path / 'conversion/1of1.jsonl').write_text('\n'.join(lines))
    assert Conversion(Place(tmp_path), SPEC).outcomes == {}


def test_shards_hold_names_of_any_bytes():
    names = [os.fsdecode(b'caf\xe9'), 'a\u2028b', 'a\ud800']
    assert [sum(Shard(i, 3).holds(name) for i in (1, 2, 3)) for name in names] == [1, 1, 1]


def test_shards_divide_the_clips_and_a_whole_run_has_nothing_left_to_do(
    tmp_path, video, monkeypatch
):
    jobs = jobs_of(video, 8)
    shards = [Shard(index, 3) for index in (1, 2, 3)]
    assert [sum(s.holds(job.clip_id) for s in shards) for job in jobs] == [1] * 8
    made = []
    for shard in shards:
        outcomes = Conversion(Place(tmp_path, shard=shard), SPEC).run(jobs, 'train')
        made.append(len(outcomes))
    assert made[-1] == 8
    monkeypatch.setattr('mmavl.preparation.converters.jobs.convert_clip', None)
    outcomes = Conversion(Place(tmp_path), SPEC).run(jobs, 'train')
    assert {o.cause for o in outcomes.values()} == {''}


@pytest.mark.parametrize('text', ['0/4', '5/4', '3', 'a/b', '-1/4'])
def test_a_shard_that_is_none_is_named(text):
    with pytest.raises(ValueError, match='shard'):
        Shard.parse(text)


def test_a_folder_of_another_spec_is_not_mixed_with(tmp_path):
    Conversion(Place(tmp_path), SPEC)
    with pytest.raises(DataError, match=r'min_seconds 1.0, not 2.0: choose another --out'):
        Conversion(Place(tmp_path, min_seconds=2.0), SPEC)


def test_two_processes_on_one_shard_are_refused(tmp_path, video, monkeypatch):
    one, two = (Conversion(Place(tmp_path), SPEC) for _ in range(2))

    def convert_meanwhile(job, out, spec):
        two.run([job], 'train')

    monkeypatch.setattr('mmavl.preparation.converters.jobs.convert_clip', convert_meanwhile)
    holder = f'process {os.getpid()} on .* is converting shard 1/1 into it; wait for it'
    with pytest.raises(DataError, match=holder):
        one.run(jobs_of(video, 1), 'train')


class Crash(ClipJob):
    """Takes the process down that unpickles it, as a decoder's segmentation fault would."""

    def __reduce__(self):
        return os._exit, (1,)


@pytest.mark.slow
def test_a_file_that_crashes_the_decoder_is_found_out_and_the_others_go_on(tmp_path, video):
    jobs = [Crash('bad', 'train', Source(video=video)), *jobs_of(video, 5)]
    outcomes = Conversion(Place(tmp_path, workers=2), SPEC).run(jobs, 'train')
    causes = {Path(key).name: outcome.cause for key, outcome in outcomes.items()}
    assert causes == {'bad': 'broken', **{f'c{index}': '' for index in range(5)}}
    assert 'crashes the decoder' in outcomes['train/bad'].detail
