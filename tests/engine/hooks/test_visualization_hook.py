import base64
import errno
import io
import itertools
import json
import re
import shutil

import numpy as np
import pytest
from mmengine import Config
from mmengine.runner import runner as mmengine_runner
from mmengine.visualization import Visualizer
from PIL import Image

from mmavl.engine.hooks import visualization_hook
from mmavl.engine.hooks.visualization_hook import best_and_worst
from mmavl.engine.runner import AVRunner
from mmavl.errors import ConfigError
from mmavl.evaluation.predictions import read_predictions
from mmavl.visualization import AVVisualizer
from mmavl.visualization.drawing import SOUNDING

_counter = itertools.count()


@pytest.fixture
def make_runner(tiny_manifest, tmp_path, monkeypatch):
    """Return a function that builds a runner which localizes the four tiny clips at random."""
    # asking compilers for their version and formatting the config take longer than training
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))
    pipeline = [dict(type=name) for name in ('LoadFrame', 'LoadAudio', 'PackAVInputs')]
    loader = dict(
        batch_size=3,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(
            type='AVDataset',
            ann_file=tiny_manifest.name,
            data_root=str(tiny_manifest.parent),
            pipeline=pipeline,
            test_mode=True,
        ),
    )
    metric = dict(type='LocalizationMetric', protocols=['half_max', 'median'])

    def make(dump=None, **hook):
        cfg = Config(
            dict(
                default_scope='mmavl',
                model=dict(
                    type='RandomLocalizer', data_preprocessor=dict(type='AVDataPreprocessor')
                ),
                train_dataloader=loader,
                val_dataloader=loader,
                test_dataloader=loader,
                val_evaluator=metric,
                test_evaluator=dict(dump=dump, **metric),
                train_cfg=dict(by_epoch=True, max_epochs=2),
                val_cfg={},
                test_cfg={},
                optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
                visualizer=dict(type='AVVisualizer', vis_backends=[dict(type='AtomicVisBackend')]),
                default_hooks=dict(
                    logger=dict(type='LoggerHook', interval=1),
                    checkpoint=None,
                    visualization=dict(type='VisualizationHook', num_cases=1, **hook),
                ),
                work_dir=str(tmp_path / 'wörk'),
                experiment_name=f'tiny{next(_counter)}',
                log_level='ERROR',
            )
        )
        return AVRunner.from_cfg(cfg)

    return make


def test_training_draws_the_same_clips_after_each_epoch_and_leaves_a_record(make_runner, tmp_path):
    make_runner(num_val=2).train()
    images = sorted(path.name for path in tmp_path.glob('wörk/*/vis_data/vis_image/*'))
    assert images == [
        'val_00001_ü2_1.png',
        'val_00001_ü2_2.png',
        'val_00003_d_4_1.png',
        'val_00003_d_4_2.png',
    ]
    record = json.loads((tmp_path / 'wörk/results/train.json').read_text(encoding='utf-8'))
    assert record['settings']['model'] == 'RandomLocalizer'
    assert record['started'] <= record['finished']


def test_a_test_leaves_sheet_cases_record_and_one_self_contained_report(make_runner, tmp_path):
    metrics = make_runner(num_sheet=3).test()
    out = tmp_path / 'wörk' / 'results' / 'test'
    names = {path.name for path in out.iterdir()}
    assert names == {
        'contact_sheet.jpg',
        'test_level1_best_1.png',
        'test_level1_worst_1.png',
        'report.html',
    }
    record = json.loads(out.with_suffix('.json').read_text(encoding='utf-8'))
    assert record['metrics']['half_max/level1_ciou'] == metrics['half_max/level1_ciou']
    assert record['protocol'] == 'half_max'
    best, worst = record['cases']
    assert (best['kind'], worst['kind']) == ('best', 'worst')
    assert best['ciou'] >= worst['ciou']
    assert best['picture'] == 'results/test/test_level1_best_1.png'
    page = (out / 'report.html').read_text(encoding='utf-8')
    pictures = re.findall(r'data:image/jpeg;base64,([^"]+)', page)
    assert len(pictures) == 2
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]))), int)
    drawn = np.asarray(Image.open(out / 'test_level1_best_1.png'), int)
    assert np.abs(shown - drawn).mean() < 4
    # the box [.25, .75] of a 256-pixel panel that begins at (12, 74)
    assert (drawn[74 + 128, 12 + 64] == SOUNDING).all()


def test_pictures_go_where_the_user_says_and_the_record_still_finds_them(make_runner, tmp_path):
    make_runner(show_dir=str(tmp_path / 'hiér')).test()
    assert (tmp_path / 'hiér' / 'report.html').is_file()
    record = json.loads((tmp_path / 'wörk/results/test.json').read_text(encoding='utf-8'))
    picture = tmp_path / 'wörk' / record['cases'][0]['picture']
    assert picture.resolve() == tmp_path / 'hiér' / 'test_level1_best_1.png'


def test_files_that_cannot_be_read_any_more_cost_their_pictures_only(
    make_runner, tiny_manifest, tmp_path, monkeypatch
):
    runner = make_runner(num_sheet=4)
    warnings = []
    monkeypatch.setattr(runner.logger, 'warning', warnings.append)
    hook = next(hook for hook in runner.hooks if type(hook).__name__ == 'VisualizationHook')
    keep = hook.after_test_iter

    def lose_frames(*args, **kwargs):
        keep(*args, **kwargs)
        for name in ('clip_1', '三', 'd 4'):
            (tiny_manifest.parent / f'{name}.jpg').unlink(missing_ok=True)

    runner.test_dataloader.batch_sampler.batch_size = 4  # all are read before any is lost
    hook.after_test_iter = lose_frames
    runner.test()
    out = tmp_path / 'wörk' / 'results' / 'test'
    sheet = Image.open(out / 'contact_sheet.jpg')
    assert sheet.height < 600  # one row of what would have been two
    assert any("clip '三'" in words and '三.jpg is missing' in words for words in warnings)
    assert (out / 'report.html').is_file()


def test_clips_and_files_of_any_names_are_tested_dumped_drawn_and_reported(
    make_runner, tiny_manifest, tmp_path, awkward_names
):
    manifest = json.loads(tiny_manifest.read_text(encoding='utf-8'))
    clip, root, clips = manifest['data_list'][0], tiny_manifest.parent, []
    for name in awkward_names:
        shutil.copy(root / clip['frames'][0], root / f'x{name}.jpg')
        shutil.copy(root / clip['audio'], root / f'x{name}.wav')
        clips.append({**clip, 'clip_id': name, 'audio': f'x{name}.wav'})
        clips[-1]['frames'] = [f'x{name}.jpg']
    tiny_manifest.write_text(json.dumps({**manifest, 'data_list': clips}), encoding='utf-8')
    dump = tmp_path / 'dümp.npz'
    runner = make_runner(num_sheet=len(clips), show_dir=str(tmp_path / 'out'), dump=str(dump))
    runner.test()
    assert {p.clip_id for p in read_predictions(dump)[0]} == set(awkward_names)
    assert Image.open(tmp_path / 'out/contact_sheet.jpg').height > 200 * len(clips) / 2
    page = (tmp_path / 'out/report.html').read_text(encoding='utf-8')
    assert page.count('<figure>') == 2
    assert '<b>x' not in page


ERRORS = [ValueError('odd'), KeyError('x'), MemoryError(), OSError(5, 'I/O error')]


@pytest.mark.parametrize('error', ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_goes_wrong_with_a_picture_costs_that_picture_only(
    make_runner, tmp_path, monkeypatch, error
):
    runner = make_runner(num_sheet=4)
    warnings = []
    monkeypatch.setattr(runner.logger, 'warning', warnings.append)
    draw = AVVisualizer.draw

    def fail(self, image, sample, *args, **kwargs):
        if sample.clip_id == '三':
            raise error
        return draw(self, image, sample, *args, **kwargs)

    monkeypatch.setattr(AVVisualizer, 'draw', fail)
    runner.test()
    assert (tmp_path / 'wörk/results/test/report.html').is_file()
    assert warnings[0].startswith(f"No picture of clip '三': {type(error).__name__}")


def test_a_full_disk_ends_the_test(make_runner, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left on device')

    runner = make_runner()
    monkeypatch.setattr(visualization_hook, 'write_png', full)
    with pytest.raises(OSError, match='No space left'):
        runner.test()


def test_a_split_names_no_file_elsewhere(make_runner, tiny_manifest, tmp_path):
    manifest = json.loads(tiny_manifest.read_text(encoding='utf-8'))
    manifest['metainfo']['split'] = '../../../escaped'
    tiny_manifest.write_text(json.dumps(manifest), encoding='utf-8')
    make_runner().test()
    (folder,) = (path for path in (tmp_path / 'wörk/results').iterdir() if path.is_dir())
    assert (folder / 'report.html').is_file()
    assert not list(tmp_path.rglob('escaped*'))


def test_the_log_takes_names_of_any_bytes(make_runner, tmp_path, awkward_names, capsys):
    runner = make_runner()
    for name in awkward_names:
        runner.logger.error(name)
    assert 'Logging error' not in capsys.readouterr().err
    (log,) = tmp_path.glob('wörk/*/*.log')
    text = log.read_text(encoding='utf-8')
    assert r'caf\udce9' in text
    assert '三' in text


def test_another_visualizer_is_refused(make_runner):
    runner = make_runner()
    runner.visualizer = Visualizer.get_instance('plain')
    with pytest.raises(ConfigError, match='AVVisualizer'):
        runner.test()


def score(clip_id, level, ciou, pointing=0.0):
    return dict(clip_id=clip_id, level=level, ciou=ciou, pointing=pointing)


def test_cases_are_ranked_by_level_ties_by_pointing_and_no_clip_stands_twice():
    scores = [
        score('a', 1, 0.2),
        score('b', 1, 0.9),
        score('c', 1, 0.0, pointing=1.0),
        score('d', 1, 0.0),
        score('e', 2, 0.4),
        score('f', None, None),
    ]
    chosen = [(kind, rank, s['clip_id']) for kind, rank, s in best_and_worst(scores, 2)]
    assert chosen == [
        ('best', 1, 'b'),
        ('best', 2, 'a'),
        ('worst', 1, 'd'),
        ('worst', 2, 'c'),
        ('best', 1, 'e'),
    ]
