import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.structures import InstanceData

from mmavl.errors import DataError
from mmavl.models.data_preprocessors.separation_data_preprocessor import (
    deal_sources,
    random_parts,
)
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

RATE = 11025


def build(**options):
    return MODELS.build({'type': 'SeparationDataPreprocessor', **options})


def source(number, label, length=400, rate=RATE):
    meta = {'clip_id': f'c{number}', 'source': f'class{label}', 'source_label': label}
    inputs = {
        'waveform': torch.full((length,), float(2**number)),
        'image_features': torch.full((3, 2, 2), float(number)),
    }
    return {
        'inputs': inputs,
        'data_samples': AVDataSample(metainfo={**meta, 'sample_rate': rate}),
    }


def mixture(*sources):
    """As MixtureDataset makes it."""
    sample = AVDataSample(metainfo={'clip_id': 'a mixture'})
    sample.sources = [s['data_samples'] for s in sources]
    names = sources[0]['inputs']
    inputs = {name: torch.stack([s['inputs'][name] for s in sources]) for name in names}
    return {'inputs': inputs, 'data_samples': sample}


def test_training_mixes_sources_of_the_batch_each_divided_by_their_number():
    torch.manual_seed(0)
    batch = pseudo_collate([source(i, i % 2) for i in range(6)])
    out = build()(batch, training=True)
    inputs = out['inputs']
    assert inputs['index'].tolist() == [0, 0, 1, 1, 2, 2]
    assert inputs['mixture'].shape == (3, 400)
    assert sorted((2 * inputs['sources'][:, 0]).tolist()) == [1, 2, 4, 8, 16, 32]
    sums = inputs['sources'].unflatten(0, (3, 2)).sum(1)
    assert torch.equal(inputs['mixture'], sums)
    # what belongs together stays together
    numbers = torch.log2(2 * inputs['sources'][:, 0])
    assert torch.equal(inputs['image_features'][:, 0, 0, 0], numbers)
    assert torch.equal(inputs['labels'], numbers.long() % 2)
    samples = [s for m in out['data_samples'] for s in m.sources]
    assert [s.clip_id for s in samples] == [f'c{int(n)}' for n in numbers]


def test_parts_are_cut_at_random_places_of_each_source():
    torch.manual_seed(0)
    waves = torch.arange(100.0).expand(50, 100) + 1000 * torch.arange(50.0)[:, None]
    parts = random_parts(waves, 30)
    assert torch.equal(parts - parts[:, :1], torch.arange(30.0).expand(50, 30))
    starts = parts[:, 0] % 1000
    assert starts.min() < 10
    assert starts.max() > 60
    assert random_parts(waves, 100) is waves


def test_only_training_mixes_parts_of_the_sources():
    batch = pseudo_collate([source(i, i) for i in range(4)])
    preprocessor = build(train_seconds=100 / RATE)
    assert preprocessor(batch, training=True)['inputs']['mixture'].shape == (2, 100)
    assert preprocessor(batch)['inputs']['mixture'].shape == (4, 400)


def test_each_batch_is_dealt_anew():
    torch.manual_seed(0)
    batch = pseudo_collate([source(i, i) for i in range(8)])
    preprocessor = build()
    draws = {
        tuple(preprocessor(batch, True)['inputs']['sources'][:, 0].tolist()) for _ in range(5)
    }
    assert len(draws) > 1
    assert len(batch['inputs']['waveform']) == 8  # and the batch is left as it was
    assert batch['inputs']['waveform'][0][0] == 1


def test_a_range_draws_how_many_sources_a_mixture_has():
    torch.manual_seed(0)
    batch = pseudo_collate([source(i, i) for i in range(6)])
    preprocessor = build(num_sources=(2, 3))
    sizes = {len(preprocessor(batch, True)['data_samples']) for _ in range(20)}
    assert sizes == {2, 3}  # three mixtures of two, two of three


def test_mixtures_are_of_different_classes_as_far_as_the_batch_allows():
    torch.manual_seed(0)
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 3, 3])
    for _ in range(50):
        groups = deal_sources(labels, 2)
        assert sorted(groups.flatten().tolist()) == list(range(8))
        assert all(len(set(labels[group].tolist())) == 2 for group in groups)
    assert deal_sources(torch.zeros(5, dtype=torch.long), 2).shape == (2, 2)


def test_every_source_is_left_over_at_times():
    torch.manual_seed(0)
    left = {
        (set(range(5)) - set(deal_sources(torch.arange(5), 2).flatten().tolist())).pop()
        for _ in range(100)
    }
    assert left == set(range(5))


def test_a_dataset_of_mixtures_is_mixed_as_it_says():
    batch = pseudo_collate(
        [mixture(source(0, 3), source(1, 4)), mixture(source(2, 5), source(3, 6))]
    )
    out = build()(batch)
    assert out['inputs']['index'].tolist() == [0, 0, 1, 1]
    assert out['inputs']['labels'].tolist() == [3, 4, 5, 6]
    assert out['inputs']['mixture'][:, 0].tolist() == [1.5, 6.0]
    assert [s.clip_id for s in out['data_samples']] == ['a mixture'] * 2


def test_mixtures_of_different_numbers_go_into_one_batch():
    batch = pseudo_collate(
        [
            mixture(source(0, 0)),
            mixture(source(1, 1), source(2, 2), source(3, 3)),
        ]
    )
    inputs = build()(batch)['inputs']
    assert inputs['index'].tolist() == [0, 1, 1, 1]
    assert inputs['mixture'][:, 0].tolist() == pytest.approx([1, (2 + 4 + 8) / 3])


def test_outside_of_training_a_source_is_its_own_mixture():
    inputs = build()(pseudo_collate([source(0, 0), source(1, 0)]))['inputs']
    assert torch.equal(inputs['mixture'], inputs['sources'])


def test_the_localizer_hears_the_mixture_and_separation_has_its_own_rate():
    spectrogram = {'type': 'LogMelSpectrogram', 'sample_rate': 16000}
    preprocessor = build(spectrogram=spectrogram)
    items = [source(i, i, length=16000, rate=16000) for i in range(2)]
    for number, item in enumerate(items):
        item['inputs']['waveform'] = torch.sin(torch.arange(16000) * (0.1 + number / 10))
    inputs = preprocessor(pseudo_collate(items), training=True)['inputs']
    assert inputs['sources'].shape == (2, 11025)
    assert inputs['mixture'].shape == (1, 11025)
    torch.testing.assert_close(inputs['mixture'][0], inputs['sources'].sum(0), atol=1e-5, rtol=0)
    waves = torch.stack([item['inputs']['waveform'] for item in items])
    expected = preprocessor.spectrogram(waves.sum(0, keepdim=True) / 2)
    torch.testing.assert_close(inputs['spectrogram'], expected)


def test_bad_batches_are_named():
    with pytest.raises(ValueError, match='1 sources in a batch are too few for a mixture of 2'):
        build()(pseudo_collate([source(0, 0)]), training=True)
    with pytest.raises(ValueError, match=r"'waveform' has different shapes.*CropPadAudio"):
        build()(pseudo_collate([source(0, 0), source(1, 1, length=399)]), training=True)
    with pytest.raises(ValueError, match=r"8000 Hz \(clip 'c1'\).*one sample_rate"):
        build()(pseudo_collate([source(0, 0), source(1, 1, rate=8000)]), training=True)
    broken = source(1, 1)
    broken['inputs']['waveform'][7] = torch.nan
    with pytest.raises(DataError, match="clip 'c1': the waveform has nan"):
        build()(pseudo_collate([source(0, 0), broken]))
    with pytest.raises(ValueError, match='num_sources'):
        build(num_sources=(3, 2))


def test_an_object_is_the_largest_box_of_its_class_or_else_the_whole_frame():
    first, second = source(0, 3), source(1, 5)
    sample = first['data_samples']
    sample.set_metainfo({'input_shape': (100, 200), 'source_labels': [3, 4]})
    boxes = [[0.0, 0, 20, 10], [20.0, 10, 100, 60], [0.0, 0, 200, 100]]
    sample.gt_instances = InstanceData(bboxes=torch.tensor(boxes), labels=torch.tensor([3, 3, 7]))
    inputs = build()(pseudo_collate([mixture(first, second)]))['inputs']
    assert inputs['object_labels'].tolist() == [3, 4, 5]
    assert inputs['object_owners'].tolist() == [0, 0, 1]
    expected = torch.tensor([[0.1, 0.1, 0.5, 0.6], [0, 0, 1, 1], [0, 0, 1, 1]])
    torch.testing.assert_close(inputs['object_boxes'], expected)


def test_sources_are_resampled_in_full_precision_inside_of_autocast_too():
    data = pseudo_collate([source(0, 0, 4000, 16000), source(1, 1, 4000, 16000)])
    for item in data['inputs']['waveform']:
        item.copy_(torch.sin(torch.arange(4000) / 7))
    outside = build(sample_rate=11025)(data)['inputs']
    with torch.autocast('cpu', torch.bfloat16):
        inside = build(sample_rate=11025)(data)['inputs']
    for name in ('sources', 'mixture'):
        assert inside[name].dtype == torch.float32
        assert torch.equal(inside[name], outside[name])
