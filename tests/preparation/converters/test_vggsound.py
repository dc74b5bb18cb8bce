import json

import pytest
from PIL import Image

from mmavl.datasets import AVDataset
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.preparation.converters.jobs import Place
from mmavl.preparation.converters.vggsound import VGGSound

from .conftest import write_sound, write_video

A, B, C, S, T = (f'{letter * 11}_000030' for letter in 'abcst')


@pytest.fixture
def files(tmp_path):
    """Three annotated clips; C has no media, S is silent, T trains."""
    items = [
        {'file': A, 'class': 'bird chirping, tweeting', 'bbox': [[0.2, 0.1, 0.6, 0.9]]},
        {'file': B, 'class': 'elk bugling', 'bbox': [[0, 0, 0.5, 0.5], [-2.9e16, 0, 1, 0.5]]},
        {'file': C, 'class': 'elk bugling', 'bbox': [[0, 0, 1, 1]]},
    ]
    (tmp_path / 'vggss.json').write_text(json.dumps(items))
    rows = [f'{A},{A},sounding', f'{A},{B},non-sounding', f'{B},{S},non-sounding']
    rows.append(f'{A},{C},non-sounding')
    (tmp_path / 'silent.csv').write_text('\n'.join(rows))
    duets = [f'{A},bird,{B},elk', f'{B},elk,{C},elk', f'{B},elk,{B[:11]}_000077,elk']
    (tmp_path / 'duets.csv').write_text('\n'.join(duets))
    (tmp_path / 'train.csv').write_text(f'{T},bird_chirping_tweeting\n{A},bird\n')
    return tmp_path


def convert(files, media):
    if media:
        for clip in (A, S):
            write_sound(media / f'audio/{clip}.wav', 10, 16000, gain=0 if clip == S else 0.4)
            (media / 'frames').mkdir(exist_ok=True)
            Image.new('RGB', (64, 48), (90, 90, 90)).save(media / f'frames/{clip}.jpg')
        for clip in (B, T):
            write_video(media / f'{clip}.mp4', seconds=10)
    out = files / 'out'
    names = ('silent.csv', 'duets.csv')
    conversion = VGGSound(
        Place(out, media), files / 'vggss.json', None, *(files / name for name in names),
        {'train_one': files / 'train.csv'},
    )  # fmt: skip
    return out, conversion.convert()


def entries(out, split):
    return {e['clip_id']: e for e in read_manifest(out / f'{split}.json')['data_list']}


def test_singles_have_their_boxes_as_sizes_inside_the_frame(files, media):
    out, report = convert(files, media)
    test = entries(out, 'test')
    assert list(test) == [A, B]
    assert test[A]['tags'] == ['bird chirping, tweeting']
    assert test[A]['boxes']['0'][0]['bbox'] == pytest.approx([0.2, 0.1, 0.4, 0.8])
    assert test[B]['boxes']['0'][1]['bbox'] == [0, 0, 1, 0.5]
    assert check_manifest(read_manifest(out / 'test.json'), out) == {}
    named = {(f.split, f.clip_id, f.cause) for f in report.findings}
    assert {('test', C, 'missing'), ('test', B, 'bad box')} <= named


def test_negatives_have_a_frame_another_sound_and_an_empty_list_of_boxes(files, media):
    out, report = convert(files, media)
    extended = entries(out, 'test_extended')
    assert list(extended) == [A, B, f'{A}+{B}', f'{B}+{S}']
    off_screen, silent = extended[f'{A}+{B}'], extended[f'{B}+{S}']
    assert (off_screen['frames'], off_screen['audio']) == ([f'clips/{A}.jpg'], f'clips/{B}.wav')
    assert (silent['frames'], silent['audio']) == ([f'clips/{B}.jpg'], 'silence.wav')
    assert off_screen['boxes'] == silent['boxes'] == {'0': []}
    assert ('test_extended', f'{A}+{C}', 'missing') in {
        (f.split, f.clip_id, f.cause) for f in report.findings
    }
    pipeline = [{'type': 'LoadFrame'}, {'type': 'LoadAudio'}, {'type': 'PackAVInputs'}]
    data = AVDataset(
        'test_extended.json', str(out), frame='first', pipeline=pipeline, test_mode=True
    )
    assert [item['data_samples'].negative for item in data] == [False, False, True, True]


def test_duets_have_both_boxes_each_in_its_half(files, media):
    out, report = convert(files, media)
    (duet,) = entries(out, 'test_duet').values()
    assert duet['clip_id'] == f'{A}+{B}'
    assert duet['tags'] == ['bird chirping, tweeting', 'elk bugling']
    boxes = [item['bbox'] for item in duet['boxes']['0']]
    assert boxes[0] == pytest.approx([0.1, 0.1, 0.2, 0.8])
    assert boxes[1] == pytest.approx([0.5, 0, 0.25, 0.5])
    assert duet['sources'] == {
        'bird chirping, tweeting': f'clips/{A}.wav',
        'elk bugling': f'clips/{B}.wav',
    }
    assert check_manifest(read_manifest(out / 'test_duet.json'), out) == {}
    causes = {f.clip_id: f.cause for f in report.findings if f.split == 'test_duet'}
    assert causes[C] == 'missing'
    assert causes[f'{B}+{B[:11]}_000077'] == 'no annotation'


def test_each_half_of_a_duet_stands_alone_with_the_mixture_too(files, media):
    out, _ = convert(files, media)
    first, second = entries(out, 'test_duet_halves').values()
    assert (first['frames'], first['audio']) == ([f'clips/{A}.jpg'], f'duets/{A}+{B}.wav')
    assert second['frames'] == [f'clips/{B}.jpg']
    assert {item['label'] for item in second['boxes']['0']} == {'elk bugling'}


def test_annotated_clips_do_not_train_and_classes_are_spelt_as_in_the_annotation(files, media):
    out, report = convert(files, media)
    train = entries(out, 'train_one')
    assert {clip: entry['tags'] for clip, entry in train.items()} == {
        T: ['bird chirping, tweeting']
    }
    assert (A, 'held out') in {(f.clip_id, f.cause) for f in report.findings}


def test_without_media_there_are_manifests_of_what_would_be_there(files):
    out, _ = convert(files, None)
    assert list(entries(out, 'test')) == [A, B, C]
    both = entries(out, 'test_duet')
    assert list(both) == [f'{A}+{B}', f'{B}+{C}']
    assert 'sources' not in both[f'{B}+{C}']  # one class: one source
