import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from PIL import Image

from mmavl.datasets import AVDataset
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.evaluation.metrics import LocalizationMetric
from mmavl.preparation.converters.flickr import SoundNetFlickr
from mmavl.preparation.converters.jobs import Place

from .conftest import write_sound, write_video

RELEASE = Path(__file__).parents[4] / 'shared/data/original_release'


def xml(boxes):
    items = ''.join(
        f'<annotator><bbox><name>{i}</name><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>'
        f'<ymax>{y2}</ymax></bbox></annotator>'
        for i, (x1, y1, x2, y2) in enumerate(boxes)
    )
    return f'<annotation><filename>x.jpg</filename>{items}</annotation>'


@pytest.fixture
def files(tmp_path):
    """Test list of 11 and 12 (not annotated); 13 and 14 are annotated too."""
    (tmp_path / 'gtest.txt').write_text('11.png\n12.png\n')
    anno = {'11': [[1, 1, 129, 257], [65, 1, 193, 257], [9, 9, 9, 9]], '13': [[1, 1, 9, 9]]}
    anno['14'] = [[5, 5, 200, 200]]
    entries = {
        i: {'visual': f'./Data/0/{clip}.jpg', 'anno': np.array(boxes).astype(str)}
        for i, (clip, boxes) in enumerate(anno.items())
    }
    (tmp_path / 'gtdata.pkl').write_bytes(pickle.dumps(entries))
    folder = tmp_path / 'Annotations'
    folder.mkdir()
    for clip, boxes in anno.items():
        (folder / f'{clip}.xml').write_text(xml(boxes))
    return tmp_path


def write_pair(media, clip, gain=0.5):
    write_sound(media / f'{clip}.wav', 5, gain=gain)
    Image.new('RGB', (256, 256), (90, 90, 90)).save(media / f'{clip}.jpg')


def ids(path):
    return [entry['clip_id'] for entry in read_manifest(path)['data_list']]


@pytest.mark.skipif(not RELEASE.is_dir(), reason=f'the published annotations are not at {RELEASE}')
def test_the_published_list_has_249_annotated_pairs_and_the_250th_is_named(tmp_path):
    flickr = SoundNetFlickr(Place(tmp_path), RELEASE / 'gtest.txt', RELEASE / 'gtdata.pkl')
    report = flickr.convert()
    entries = read_manifest(tmp_path / 'test.json')['data_list']
    assert len(entries) == 250
    assert [e['clip_id'] for e in entries if not e['annotators']] == ['3908875357']
    named = {f.cause: f.clip_id for f in report.findings if f.cause != 'missing'}
    assert named == {'no annotation': '3908875357', 'degenerate box': '4041216001'}
    val = ids(tmp_path / 'val.json')
    assert len(val) == 250
    assert not set(val) & {e['clip_id'] for e in entries}


@pytest.mark.parametrize('annotations', ['gtdata.pkl', 'Annotations'])
def test_pairs_are_split_and_annotated(files, media, annotations):
    for clip in range(11, 21):
        write_pair(media, clip, gain=0 if clip == 20 else 0.5)
    write_video(media / '21.mp4', seconds=7)
    out = files / 'out'
    report = SoundNetFlickr(
        Place(out, media), files / 'gtest.txt', files / annotations, sizes=(4, 1000), val_pairs=1
    ).convert()
    assert ids(out / 'test.json') == ['11', '12']
    (val,) = ids(out / 'val.json')
    assert val in ('13', '14')
    train = ids(out / 'train.json')
    assert set(train) == {str(c) for c in (13, 14, 15, 16, 17, 18, 19, 21)} - {val}
    assert ids(out / 'train_4.json') == train[:4]
    assert not (out / 'train_1k.json').exists()
    found = {(f.split, f.clip_id, f.cause) for f in report.findings}
    assert found == {
        ('test', '12', 'no annotation'),
        ('test', '11', 'degenerate box'),
        ('train', '20', 'silent'),
        ('train_1k', '', 'not written'),
    }
    for name in ('test', 'val', 'train'):
        assert check_manifest(read_manifest(out / f'{name}.json'), out) == {}


def test_only_as_many_pairs_are_converted_as_train(files, media):
    for clip in range(11, 31):
        write_pair(media, clip)
    out = files / 'out'
    SoundNetFlickr(
        Place(out, media), files / 'gtest.txt', files / 'gtdata.pkl', sizes=(3,), val_pairs=1
    ).convert()
    assert len(list((out / 'pairs').glob('*.jpg'))) == 2 + 1 + 3
    again = files / 'again'
    (media / f'{ids(out / "train_3.json")[0]}.wav').unlink()  # a hole moves the others up
    SoundNetFlickr(
        Place(again, media), files / 'gtest.txt', files / 'gtdata.pkl', sizes=(3,), val_pairs=1
    ).convert()
    assert ids(again / 'train_3.json')[:2] == ids(out / 'train_3.json')[1:]


def test_the_metric_scores_the_annotators_map(files, media):
    for clip in (11, 12):
        write_pair(media, clip)
    SoundNetFlickr(Place(files, media), files / 'gtest.txt', files / 'gtdata.pkl').convert()
    pipeline = [{'type': 'LoadFrame'}, {'type': 'LoadAudio'}, {'type': 'PackAVInputs'}]
    data = AVDataset('test.json', str(files), frame='first', pipeline=pipeline, test_mode=True)
    samples = [item['data_samples'] for item in data]
    for sample in samples:
        sample.pred_maps = PixelData(data=samples[0].gt_map[None].clone())
        sample.map_labels = samples[0].gt_tags.new_full((1,), -1).long()
    evaluator = Evaluator([LocalizationMetric(protocols=['half_max', 'original'])])
    evaluator.dataset_meta = data.metainfo
    evaluator.process(samples)
    metrics = evaluator.evaluate(2)
    # columns 0-63: .5, 64-127: 1, 128-191: .5. Above .1 of the maximum lie all three: cIoU 1.
    # Above half of it lies the middle: sum(P g) / sum(g) = 64 / (32 + 64 + 32).
    assert metrics['original/consensus_mean_ciou'] == 1
    assert metrics['half_max/consensus_mean_ciou'] == pytest.approx(0.5)
    assert (metrics['half_max/evaluated'], metrics['half_max/listed']) == (1, 2)


def test_negatives_have_a_frame_another_sound_and_an_empty_list_of_boxes(files, media):
    rows = ['video,audio,label', '11,11,sounding', '11,15,non-sounding', '12,20,non-sounding']
    (files / 'silent.csv').write_text('\n'.join([*rows, '11,99,non-sounding']))
    for clip in (*range(11, 17), 20):
        write_pair(media, clip, gain=0 if clip == 20 else 0.5)
    out = files / 'out'
    report = SoundNetFlickr(
        Place(out, media), files / 'gtest.txt', files / 'gtdata.pkl', sizes=(9,), val_pairs=0,
        negatives=files / 'silent.csv',
    ).convert()  # fmt: skip
    entries = {e['clip_id']: e for e in read_manifest(out / 'test_extended.json')['data_list']}
    assert list(entries) == ['11', '12', '11+15', '12+20']
    assert len(entries['11']['annotators']) == 2
    assert entries['11+15']['frames'] == ['pairs/11.jpg']
    assert entries['11+15']['audio'] == 'pairs/15.wav'
    assert (entries['12+20']['audio'], entries['12+20']['boxes']) == ('silence.wav', {'0': []})
    assert ('test_extended', '11+99', 'missing') in {
        (f.split, f.clip_id, f.cause) for f in report.findings
    }
    assert set(ids(out / 'train.json')) == {'13', '14', '16'}  # what is evaluated does not train
    assert check_manifest(read_manifest(out / 'test_extended.json'), out) == {}
    pipeline = [{'type': 'LoadFrame'}, {'type': 'LoadAudio'}, {'type': 'PackAVInputs'}]
    data = AVDataset('test_extended.json', str(out), pipeline=pipeline, test_mode=True)
    assert [item['data_samples'].negative for item in data] == [False, False, True, True]


def test_the_extended_set_has_its_figures_beside_those_of_consensus_maps(files, media):
    (files / 'silent.csv').write_text('11,14,non-sounding')
    for clip in range(11, 15):
        write_pair(media, clip)
    out = files / 'out'
    SoundNetFlickr(
        Place(out, media), files / 'gtest.txt', files / 'gtdata.pkl', sizes=(),
        negatives=files / 'silent.csv',
    ).convert()  # fmt: skip
    pipeline = [{'type': 'LoadFrame'}, {'type': 'LoadAudio'}, {'type': 'PackAVInputs'}]
    data = AVDataset('test_extended.json', str(out), pipeline=pipeline, test_mode=True)
    evaluator = Evaluator([LocalizationMetric(['slavc'])])
    evaluator.dataset_meta = data.metainfo
    samples = [item['data_samples'] for item in data]
    for sample in samples:
        scores = torch.zeros(1, 256, 256)
        scores[:, :, 64:128] = 0.1 if sample.negative else 0.9  # where both annotators are
        sample.pred_maps, sample.map_labels = PixelData(data=scores), torch.tensor([-1])
    evaluator.process(samples)
    metrics = evaluator.evaluate(len(samples))
    extended = {
        key: metrics[f'slavc/extended/{key}'] for key in ('positives', 'negatives', 'max_f1')
    }
    assert extended == {'positives': 1, 'negatives': 1, 'max_f1': 1}


def test_without_media_there_is_the_list_of_the_extended_set(files):
    (files / 'silent.csv').write_text('11,99,non-sounding')
    SoundNetFlickr(
        Place(files), files / 'gtest.txt', files / 'gtdata.pkl', negatives=files / 'silent.csv'
    ).convert()
    assert ids(files / 'test_extended.json') == ['11', '12', '11+99']
