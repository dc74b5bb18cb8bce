import logging
from types import SimpleNamespace

import pytest
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from mmavl.datasets import AVDataset
from mmavl.datasets.bad_samples import bad_samples_file, read_bad_samples
from mmavl.datasets.manifest import write_manifest
from mmavl.engine.hooks import BadSamplesHook
from mmavl.errors import DataError

LOADED = 'loaded.txt'


@pytest.fixture
def root(tmp_path):
    """Twenty clips without media, of which the pipeline finds two to be bad."""
    files = {'frames': ['x.png'], 'fps': 1, 'duration': 1.0, 'tags': ['Harp']}
    clips = [{'clip_id': f'clip{i}', 'audio': f'{i}.wav', **files} for i in range(20)]
    metainfo = {'dataset': 'toy', 'split': 'train', 'classes': ['Harp']}
    write_manifest(tmp_path / 'toy.json', {'metainfo': metainfo, 'data_list': clips})
    return tmp_path


def runner_in(root, iteration=0, workers=2, most=0.1):
    """A runner at the start of a training, or of its continuation."""

    def step(results):
        with open(root / LOADED, 'a') as file:
            file.write(results['clip_id'] + '\n')
        if results['clip_id'] in ('clip3', 'clip17'):
            raise DataError(f'{results["audio_path"]} is missing')
        return {'clip': results['clip_id']}

    data = AVDataset('toy.json', str(root), pipeline=[step], max_bad_share=most)
    data.full_init()
    loader = DataLoader(data, batch_size=2, num_workers=workers, collate_fn=pseudo_collate)
    logger = logging.getLogger('bad_samples')
    return SimpleNamespace(work_dir=root, iter=iteration, train_dataloader=loader, logger=logger)


def train(runner, epochs):
    hook = BadSamplesHook()
    hook.before_train(runner)
    for _ in range(epochs):
        clips = [clip for batch in runner.train_dataloader for clip in batch['clip']]
        assert len(clips) == 20
        assert not {'clip3', 'clip17'} & {*clips}
        hook.after_train_epoch(runner)


def opened(root):
    clips = (root / LOADED).read_text().split()
    return clips.count('clip3'), clips.count('clip17')


def test_workers_open_bad_samples_once_in_all_epochs_and_the_log_counts_them(root, caplog):
    train(runner_in(root), epochs=3)
    assert opened(root) == (1, 1)
    (line,) = (r.message for r in caplog.records if 'so far' in r.message)
    assert line.startswith('2 bad samples so far: 2 x audio is missing (clips clip')
    samples = read_bad_samples(bad_samples_file(root))
    assert {(s.clip_id, s.index, s.cause) for s in samples} == {
        ('clip3', 3, 'audio is missing'),
        ('clip17', 17, 'audio is missing'),
    }


def test_a_resumed_run_does_not_open_them_again_and_a_new_one_does(root):
    train(runner_in(root), epochs=1)
    train(runner_in(root, iteration=10), epochs=1)
    assert opened(root) == (1, 1)
    train(runner_in(root), epochs=1)
    assert opened(root) == (2, 2)


def test_what_another_process_found_is_not_opened_after_the_epoch(root):
    first, second = runner_in(root, workers=0), runner_in(root, workers=0)
    for runner in (first, second):
        BadSamplesHook().before_train(runner)
    assert first.train_dataloader.dataset[3]['clip'] != 'clip3'
    BadSamplesHook().after_train_epoch(second)
    assert second.train_dataloader.dataset[3]['clip'] != 'clip3'
    assert opened(root)[0] == 1


def test_a_sample_of_a_manifest_that_has_changed_is_opened(root):
    train(runner_in(root), epochs=1)
    manifest = (root / 'toy.json').read_text()
    (root / 'toy.json').write_text(manifest.replace('"clip3"', '"other"'))
    runner = runner_in(root, iteration=10)
    BadSamplesHook().before_train(runner)
    assert 3 not in runner.train_dataloader.dataset.bad_samples
    assert 17 in runner.train_dataloader.dataset.bad_samples


def test_the_run_stops_with_the_clips_of_all_workers(root):
    with pytest.raises(DataError, match=r'bad sample 2 of 20, .*: 2 x audio is missing \(clips c'):
        train(runner_in(root, most=0.05), epochs=1)


def test_a_line_that_a_killed_process_left_incomplete_is_skipped(root):
    train(runner_in(root), epochs=1)
    with open(bad_samples_file(root), 'a') as file:
        file.write('{"manifest": "x", "ind')
    assert len(read_bad_samples(bad_samples_file(root))) == 2
