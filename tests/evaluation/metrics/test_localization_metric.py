import json
import logging
import multiprocessing
import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.structures import PixelData

from mmavl.errors import ConfigError
from mmavl.evaluation import evaluate_localization, read_predictions
from mmavl.evaluation.metrics import LocalizationMetric, localization_metric
from mmavl.registry import METRICS

PROTOCOLS = ['half_max', 'original', 'median', 'oracle_area', 'half_max/predicted', 'absolute']


def evaluate(samples, metainfo, batch_size=5, **kwargs):
    metric = LocalizationMetric(**kwargs)
    evaluator = Evaluator([metric])
    evaluator.dataset_meta = metainfo
    for start in range(0, len(samples), batch_size):
        evaluator.process(samples[start : start + batch_size])
    return evaluator.evaluate(len(samples)), metric


def test_a_config_finds_it_by_name_and_keys_need_no_prefix(samples, metainfo):
    metric = METRICS.build(dict(type='LocalizationMetric', protocols=['half_max']))
    assert isinstance(metric, LocalizationMetric)
    metrics, _ = evaluate(samples, metainfo)
    assert {'half_max/level1_ciou', 'half_max/level2_auc', 'half_max/sfd/own'} <= set(metrics)
    assert (metrics['half_max/evaluated'], metrics['half_max/listed']) == (12, 12)


def test_a_perfect_map_scores_one_and_its_shift_to_the_silent_box_none(samples, metainfo):
    sample = samples[0]
    sample.gt_instances.bboxes = torch.tensor([[0.0, 0, 128, 128], [128, 128, 256, 256]])
    maps = torch.zeros(3, 256, 256)
    maps[0, :128, :128] = 1
    sample.pred_maps = PixelData(data=maps)
    metrics, metric = evaluate([sample], metainfo)
    assert metrics['half_max/level1_mean_ciou'] == metrics['half_max/sfd/own'] == 1.0
    assert metric.per_sample[0]['ciou'] == 1.0
    sample.pred_maps = PixelData(data=maps.flip(-1, -2))
    metrics, _ = evaluate([sample], metainfo)
    assert metrics['half_max/level1_mean_ciou'] == metrics['half_max/sfd/own'] == 0.0
    assert metrics['half_max/sfd/silent'] == metrics['half_max/distraction_same'] == 1.0


def test_figures_do_not_depend_on_order_or_batches(samples, metainfo):
    expected, metric = evaluate(samples, metainfo, protocols=PROTOCOLS)
    shuffled = [samples[i] for i in np.random.default_rng(0).permutation(len(samples))]
    for batch_size in (1, 7):
        found, other = evaluate(shuffled, metainfo, batch_size, protocols=PROTOCOLS)
        assert found == expected
        assert other.per_sample == metric.per_sample


def test_boxes_in_another_input_size_give_the_same_figures(samples, metainfo):
    expected, _ = evaluate(samples, metainfo)
    for sample in samples:
        sample.gt_instances.bboxes = sample.gt_instances.bboxes * torch.tensor([1.25, 1.0] * 2)
        sample.set_metainfo(dict(input_shape=(256, 320)))
    found, _ = evaluate(samples, metainfo)
    assert found == expected


def test_a_dump_scores_exactly_as_the_live_run(samples, metainfo, tmp_path):
    path = str(tmp_path / 'p.npz')
    live, metric = evaluate(samples, metainfo, protocols=PROTOCOLS, dump=path)
    report = evaluate_localization(*read_predictions(path), PROTOCOLS)
    assert report.metrics == live
    assert report.per_sample == metric.per_sample


def test_the_threshold_of_val_best_comes_from_the_val_dump(samples, metainfo, tmp_path):
    path = str(tmp_path / 'val.npz')
    evaluate(samples, metainfo | {'split': 'val'}, dump=path)
    metrics, _ = evaluate(samples, metainfo, protocols=['val_best'], val_dump=path)
    assert 0.05 <= metrics['val_best/threshold'] <= 0.95


def test_a_misspelt_or_unset_protocol_is_found_before_the_first_batch():
    with pytest.raises(ValueError, match='known are original'):
        LocalizationMetric(protocols=['halfmax'])
    with pytest.raises(ValueError, match='no threshold'):
        LocalizationMetric(protocols=['val_best'])


def test_the_table_is_logged_and_repeats_are_counted_once_and_said(samples, metainfo):
    logger = MMLogger.get_instance('test_localization_metric')
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    logger.addHandler(handler)
    metric = LocalizationMetric()
    metric.dataset_meta = metainfo
    metric.process(None, [sample.to_dict() for sample in [*samples, samples[3]]])
    metrics = metric.compute_metrics(metric.results)
    assert metrics['half_max/listed'] == 12
    assert any('1 of 13 predictions repeat' in text for text in records)
    assert any('centred disc' in text for text in records)


def _evaluate_share(rank, samples, metainfo, folder):
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2
    )
    # as a sampler of two ranks does: strided, the shorter share padded with the first sample
    share = [*samples, samples[0]][rank::2]
    metric = LocalizationMetric(
        PROTOCOLS, dump=f'{folder}/{rank}.npz', collect_dir=f'{folder}/parts'
    )
    metric.dataset_meta = metainfo
    metric.process(None, [sample.to_dict() for sample in share])
    metrics = metric.evaluate(len(samples))
    with open(f'{folder}/{rank}.json', 'w') as file:
        json.dump(metrics, file)


def test_two_processes_score_every_sample_exactly_once(samples, metainfo, tmp_path):
    samples = samples[:11]
    expected, _ = evaluate(samples, metainfo, protocols=PROTOCOLS)
    context = multiprocessing.get_context('fork')
    processes = [
        context.Process(target=_evaluate_share, args=(rank, samples, metainfo, tmp_path))
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    for rank in range(2):
        assert json.loads((tmp_path / f'{rank}.json').read_text()) == expected
    assert len(read_predictions(tmp_path / '0.npz')[0]) == 11
    assert not os.path.exists(tmp_path / '1.npz')  # the main process writes


def test_protocols_of_predicted_classes_are_for_models_that_predict_some(monkeypatch):
    log = []
    monkeypatch.setattr(localization_metric, 'print_log', lambda text, **_: log.append(text))
    blind, named = SimpleNamespace(predicts_classes=False), SimpleNamespace(predicts_classes=True)
    for model in (named, SimpleNamespace()):
        metric = LocalizationMetric(['half_max', 'half_max/predicted'])
        metric.check_model(model)
        assert metric.protocols == ('half_max', 'half_max/predicted')
    metric.check_model(blind)
    assert metric.protocols == ('half_max',)
    assert log == [
        'half_max/predicted: SimpleNamespace predicts no classes, but one map of the whole sound: '
        'not evaluated'
    ]
    union = LocalizationMetric(['original/union/predicted'])
    union.check_model(blind)  # the whole sound is what it has
    assert union.protocols == ('original/union/predicted',)
    with pytest.raises(ConfigError, match=r'half_max/predicted: .* choose protocols without /pre'):
        LocalizationMetric(['half_max/predicted']).check_model(blind)
