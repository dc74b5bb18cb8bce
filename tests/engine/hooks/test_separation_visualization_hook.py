import base64
import io
import itertools
import json
import os
import re
import socket

import numpy as np
import pytest
import soundfile
import torch
from mmengine import Config
from mmengine.runner import runner as mmengine_runner
from PIL import Image

from mmavl.datasets.mixture_list import write_mixtures
from mmavl.engine.distributed import prepare_launcher
from mmavl.engine.hooks.separation_visualization_hook import SeparationVisualizationHook
from mmavl.engine.runner import AVRunner
from mmavl.errors import ConfigError
from mmavl.models.data_preprocessors import SeparationDataPreprocessor
from mmavl.separators.base_separator import BaseSeparator

CLASSES = ['Banjo', 'Bass drum', 'Cello', 'Flute', 'Horn']
RATE = 11025
_counter = itertools.count()


class Leaky(BaseSeparator):
    """Estimates the references and a share of their mixture, which grows with the label."""

    def __init__(self):
        super().__init__({'type': SeparationDataPreprocessor})

    def estimate(self, inputs):
        leak = inputs['labels'][:, None] / 5
        return inputs['sources'] + leak * inputs['mixture'][inputs['index']]


def make_config(root, visualizer='SeparationVisualizer', **hook):
    """A config of a test of ``root``'s list of mixtures."""
    pipeline = [{'type': name} for name in ('LoadFrame', 'LoadAudio', 'PackAVInputs')]
    pipeline[1]['sample_rate'] = RATE
    source = {'type': 'SourceDataset', 'data_root': str(root), 'ann_file': 'test.json'}
    source |= {'pipeline': pipeline, 'test_mode': True, 'tag_level': 'class'}
    dataset = {'type': 'MixtureDataset', 'list_file': str(root / 'list.json')}
    loader = {'batch_size': 3, 'num_workers': 0, 'dataset': {**dataset, 'dataset': source}}
    loader['sampler'] = {'type': 'DefaultSampler', 'shuffle': False}
    hooks = {'visualization': {'type': 'SeparationVisualizationHook', **hook}}
    return Config(
        {
            'default_scope': 'mmavl',
            'model': {'type': Leaky},
            'test_dataloader': loader,
            'test_evaluator': {'type': 'SeparationMetric', 'ideal_masks': False},
            'test_cfg': {},
            'visualizer': {'type': visualizer},
            'default_hooks': {**hooks, 'checkpoint': None},
            'work_dir': str(root / 'run'),
            'experiment_name': f'listen{next(_counter)}',
            'log_level': 'ERROR',
        }
    )


@pytest.fixture
def make_runner(tmp_path, monkeypatch):
    """Return a function that builds a runner for four mixtures of five clips."""
    # asking compilers for their version and formatting the config take longer than the test
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))
    generator = np.random.default_rng(0)
    clips = []
    for index, name in enumerate(CLASSES):
        Image.new('RGB', (16, 16), (90, 90, 90)).save(tmp_path / f'{index}.png')
        soundfile.write(tmp_path / f'{index}.wav', generator.normal(0, 0.01, RATE // 2), RATE)
        clip = {'clip_id': f'c{index}', 'audio': f'{index}.wav', 'frames': [f'{index}.png']}
        clips.append(clip | {'fps': 1, 'duration': 0.5, 'tags': [name]})
    meta = {'dataset': 'toy', 'split': 'test', 'classes': CLASSES, 'format_version': 1}
    (tmp_path / 'test.json').write_text(json.dumps({'metainfo': meta, 'data_list': clips}))
    pairs = [[(f'c{i}', CLASSES[i]), (f'c{i + 1}', CLASSES[i + 1])] for i in range(4)]
    write_mixtures(tmp_path / 'list.json', pairs, {'split': 'test'})

    def make(**options):
        return AVRunner.from_cfg(make_config(tmp_path, **options))

    return make


def test_best_worst_and_spread_mixtures_can_be_looked_at_and_listened_to(make_runner, tmp_path):
    metrics = make_runner(num_sheet=2, num_cases=1).test()
    out = tmp_path / 'run/results/test'
    record = json.loads(out.with_suffix('.json').read_text(encoding='utf-8'))
    assert record['metrics'] == metrics
    shown = [(mixture['kind'], mixture['clip_id'][0]) for mixture in record['mixtures']]
    # the leak grows with the labels, hence from mixture to mixture
    assert shown == [('spread', '1'), ('spread', '3'), ('best', '0'), ('worst', '3')]
    pictures = {f'test_{name}.png' for name in ('spread_1', 'spread_2', 'best_1', 'worst_1')}
    assert {path.name for path in out.iterdir() if path.is_file()} == {*pictures, 'listen.html'}
    folder = out / 'test_best_1'
    names = ['mixture', 'estimate_1_Banjo', 'reference_1_Banjo', 'estimate_2_Bass_drum']
    names.append('reference_2_Bass_drum')
    assert {path.stem for path in folder.iterdir()} == set(names)
    waves = {name: soundfile.read(folder / f'{name}.wav') for name in names}
    assert {rate for _, rate in waves.values()} == {RATE}
    sounds = {name: wave for name, (wave, _) in waves.items()}
    assert max(abs(wave).max() for wave in sounds.values()) == pytest.approx(0.9, abs=1e-3)
    total = sounds['reference_1_Banjo'] + sounds['reference_2_Bass_drum']
    assert abs(total - sounds['mixture']).max() < 1e-3  # one factor for all
    assert abs(sounds['estimate_1_Banjo'] - sounds['reference_1_Banjo']).max() < 1e-3


def test_whatever_goes_wrong_with_a_mixture_costs_its_picture_and_sounds_only(
    make_runner, tmp_path, monkeypatch
):
    show = SeparationVisualizationHook._show

    def fail(self, runner, kept, kind, stem):
        if kind == 'best':
            raise KeyError('x')
        return show(self, runner, kept, kind, stem)

    monkeypatch.setattr(SeparationVisualizationHook, '_show', fail)
    make_runner(num_sheet=1, num_cases=1).test()
    out = tmp_path / 'run/results/test'
    record = json.loads(out.with_suffix('.json').read_text(encoding='utf-8'))
    assert [mixture['kind'] for mixture in record['mixtures']] == ['spread', 'worst']
    assert (out / 'listen.html').is_file()


def test_the_page_holds_every_picture_and_sound_itself(make_runner, tmp_path):
    make_runner(num_sheet=1, num_cases=1, show_dir=str(tmp_path / 'hiér')).test()
    page = (tmp_path / 'hiér/listen.html').read_text(encoding='utf-8')
    loads = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(loads) == 3 * (1 + 5)
    assert all(load.startswith('data:') for load in loads)
    sounds = [load.partition('base64,')[2] for load in loads if load.startswith('data:audio/flac')]
    assert len(sounds) == 15
    first, rate = soundfile.read(io.BytesIO(base64.b64decode(sounds[0])))
    wav, _ = soundfile.read(tmp_path / 'hiér/test_spread_1/mixture.wav')
    assert rate == RATE
    assert np.array_equal(first, wav)
    assert page.index('Evenly spread') < page.index('The best') < page.index('The worst')


def test_no_more_mixtures_are_kept_than_may_be_shown(make_runner, monkeypatch):
    kept = []
    original = SeparationVisualizationHook.after_test_iter

    def spy(self, *args, **kwargs):
        original(self, *args, **kwargs)
        kept.append((len(self._sheet), len(self._ranked)))

    monkeypatch.setattr(SeparationVisualizationHook, 'after_test_iter', spy)
    make_runner(num_sheet=1, num_cases=1).test()
    assert kept == [(1, 2), (1, 2)]


def test_a_frame_that_is_gone_costs_no_more_than_itself(make_runner, tmp_path):
    runner = make_runner(num_sheet=1, num_cases=0)
    loader = runner.test_dataloader  # reads the media later
    loader.dataset.dataset.pipeline.transforms.pop(0)
    (tmp_path / '2.png').unlink()
    runner.test()
    assert (tmp_path / 'run/results/test/test_spread_1.png').is_file()


def test_another_visualizer_is_refused(make_runner):
    with pytest.raises(ConfigError, match=r"type='SeparationVisualizer'.*not AVVisualizer"):
        make_runner(visualizer='AVVisualizer').test()


def _test_one_share(rank, port, root):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), LOCAL_RANK=str(rank))
    os.environ.update(RANK=str(rank), WORLD_SIZE='2')
    torch.set_num_threads(1)
    cfg = make_config(root, num_sheet=1, num_cases=2)
    prepare_launcher(cfg, 'pytorch')
    AVRunner.from_cfg(cfg).test()


def test_the_best_and_the_worst_are_those_of_all_processes(make_runner, tmp_path):
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    # three mixtures in two shares: one is tested twice, and shown once
    listed = json.loads((tmp_path / 'list.json').read_text())
    listed['mixtures'] = listed['mixtures'][:3]
    (tmp_path / 'list.json').write_text(json.dumps(listed))
    torch.multiprocessing.spawn(_test_one_share, (port, tmp_path), nprocs=2)
    record = json.loads((tmp_path / 'run/results/test.json').read_text(encoding='utf-8'))
    shown = [(mixture['kind'], mixture['clip_id'][0]) for mixture in record['mixtures']]
    assert shown == [('spread', '2'), ('best', '0'), ('best', '1'), ('worst', '2')]
    assert record['metrics'] == pytest.approx(make_runner().test())
