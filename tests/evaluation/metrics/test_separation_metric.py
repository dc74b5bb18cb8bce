import json
import logging
import multiprocessing

import pytest
import torch
from mmengine.logging import MMLogger

from mmavl.evaluation.functional import bss_eval, si_sdr
from mmavl.evaluation.metrics import SeparationMetric
from mmavl.separators.signal import ideal_estimates
from mmavl.structures import AVDataSample

METAINFO = {'classes': ['Violin', 'Flute', 'Horn']}
LENGTH = 4000


def make_mixtures(count=4, sources=2):
    generator = torch.Generator().manual_seed(0)
    made = []
    for index in range(count):
        waves = torch.randn(sources, LENGTH, generator=generator) / sources
        sample = AVDataSample(metainfo={'clip_id': f'{index}: mixture'})
        sample.gt_sources = waves
        sample.mixture = waves.sum(0)
        sample.pred_sources = waves + 0.2 * waves.roll(1, 0) * (index + 1)
        sample.source_labels = torch.arange(sources)
        made.append(sample)
    return made


def evaluate(samples, batch_size=4, **options):
    metric = SeparationMetric(**options)
    metric.dataset_meta = METAINFO
    for start in range(0, len(samples), batch_size):
        metric.process(None, [s.to_dict() for s in samples[start : start + batch_size]])
    return metric.evaluate(len(samples)), metric


@pytest.fixture
def mixtures():
    return make_mixtures()


def test_the_figures_are_those_of_the_functions(mixtures):
    metrics, metric = evaluate(mixtures, ideal_masks=False)
    sources = torch.stack([s.gt_sources for s in mixtures])
    estimates = torch.stack([s.pred_sources for s in mixtures])
    mixed = sources.sum(1, keepdim=True).expand_as(sources)
    for name, found, before in zip(
        ('sdr', 'sir', 'sar'), bss_eval(sources, estimates), bss_eval(sources, mixed)
    ):
        assert metrics[f'separation/{name}'] == pytest.approx(found.mean().item(), abs=1e-6)
        assert metrics[f'separation/mixture/{name}'] == pytest.approx(before.mean().item())
    gain = si_sdr(sources, estimates) - si_sdr(sources, mixed)
    assert metrics['separation/si_sdr_improvement'] == pytest.approx(gain.mean().item())
    assert metrics['separation/class/Flute/sources'] == 4
    assert len(metric.per_sample) == 4


def test_the_trivial_rows_are_the_mixture_and_the_ideal_masks(mixtures):
    metrics, _ = evaluate(mixtures[:1])
    sources = mixtures[0].gt_sources
    for kind in ('binary', 'ratio'):
        expected = bss_eval(sources, ideal_estimates(sources, kind))[0].mean().item()
        assert metrics[f'separation/ideal_{kind}/sdr'] == pytest.approx(expected, abs=1e-4)
    assert metrics['separation/mixture/sar'] == pytest.approx(100)
    assert metrics['separation/ideal_ratio/sdr'] > metrics['separation/mixture/sdr']


def test_neither_batches_nor_their_order_change_anything(mixtures):
    expected, _ = evaluate(mixtures, ideal_masks=False)
    mixtures += make_mixtures(1, sources=3)
    mixtures[-1].set_metainfo({'clip_id': 'three'})
    mixed, _ = evaluate(mixtures[::-1], batch_size=5, ideal_masks=False)
    assert mixed['separation/evaluated'] == 5
    shuffled, _ = evaluate(mixtures[3::-1], batch_size=1, ideal_masks=False)
    assert shuffled == pytest.approx(expected)


def test_silent_references_and_estimates_are_skipped_and_counted(mixtures):
    expected, _ = evaluate(mixtures[:2], ideal_masks=False)
    mixtures[2].pred_sources[0] = 0
    mixtures[3].mixture -= mixtures[3].gt_sources[1]
    mixtures[3].gt_sources[1] = 0
    metrics, _ = evaluate(mixtures)
    assert metrics['separation/skipped'] == 2
    assert metrics['separation/sdr'] == pytest.approx(expected['separation/sdr'])
    assert torch.isfinite(torch.tensor(list(metrics.values()))).all()


def test_the_table_is_logged_and_repeats_are_said(mixtures):
    logger = MMLogger.get_instance('test_separation_metric')
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    logger.addHandler(handler)
    metrics, _ = evaluate([*mixtures, mixtures[1]], ideal_masks=False)
    assert metrics['separation/listed'] == 4
    assert any('1 of 5 mixtures repeat' in text for text in records)
    assert any('SDR+' in text and 'Violin' in text for text in records)


def _evaluate_share(rank, samples, folder):
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2
    )
    # as a sampler of two ranks does: strided, the shorter share padded with the first sample
    share = [*samples, samples[0]][rank::2]
    metric = SeparationMetric(ideal_masks=False, collect_dir=f'{folder}/parts')
    metric.dataset_meta = METAINFO
    metric.process(None, [sample.to_dict() for sample in share])
    with open(f'{folder}/{rank}.json', 'w') as file:
        json.dump(metric.evaluate(len(samples)), file)


def test_two_processes_score_every_mixture_exactly_once(mixtures, tmp_path):
    expected, _ = evaluate(mixtures[:3], ideal_masks=False)
    context = multiprocessing.get_context('fork')
    processes = [
        context.Process(target=_evaluate_share, args=(rank, mixtures[:3], tmp_path))
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    for rank in range(2):
        assert json.loads((tmp_path / f'{rank}.json').read_text()) == pytest.approx(expected)
