import json
import logging

import numpy as np
import pytest

from mmavl.datasets import AVDataset
from mmavl.datasets.manifest import read_manifest, write_manifest
from mmavl.errors import ConfigError, DataError
from mmavl.preparation.pseudo_labels import pseudo_manifest


@pytest.fixture
def label(data_root, config):
    """Label the toy manifest; gives the counts and the new manifest."""

    def run(**kwargs):
        out = data_root / 'pseudo/toy.json'
        counts = pseudo_manifest(config, data_root / 'toy.json', out, workers=0, **kwargs)
        return counts, read_manifest(out)

    return run


def test_tags_are_the_teachers_alone_by_class_and_by_group(label, config):
    counts, manifest = label()
    third = manifest['data_list'][2]
    heard = third['tags']
    assert list(heard) == ['Cello', 'Flute', 'Piano', 'Violin', 'strings', 'wind']
    lifted = 0.4 * 0.5 + 0.6  # 'low', and the tone's loudness 'high', are both .5
    assert heard == pytest.approx(
        {'Cello': lifted, 'Flute': 0, 'Piano': 0, 'Violin': 0, 'strings': lifted, 'wind': lifted},
        abs=0.01,
    )
    # light .15 and dark .85: among classes the piano has both; strings and wind are compared
    assert third['visual_tags'] == pytest.approx(
        {'Cello': 0.85, 'Flute': 0.15, 'Piano': 1, 'Violin': 0, 'strings': 1, 'wind': 0.15 / 0.85},
        abs=1e-3,
    )
    assert counts['clips'] == counts['audio Cello'] == counts['visual Piano'] == 4
    assert counts['audio Piano'] == counts['visual Flute'] == counts['left_out'] == 0
    assert manifest['metainfo']['pseudo_labels']['audio'].startswith('RateTeacher ')
    assert third['boxes']['0'][0]['label'] == 'Cello'


def test_the_dataset_serves_them_at_both_levels(label, data_root):
    label()
    by_class = AVDataset('pseudo/toy.json', str(data_root))[2]
    by_group = AVDataset('pseudo/toy.json', str(data_root), tag_level='group')[2]
    assert np.allclose(by_class['tags'], [0.8, 0, 0, 0], atol=0.01)
    assert np.allclose(by_class['visual_tags'], [0.85, 0.15, 1, 0], atol=1e-3)
    assert np.allclose(by_group['tags'], [0.8, 0.8], atol=0.01)
    assert np.allclose(by_group['visual_tags'], [1, 0.15 / 0.85], atol=1e-3)
    assert by_class['img_path'] == str(data_root / 'clip2.png')


def test_without_a_visual_teacher_what_is_heard_serves_both(label, config):
    config['visual'] = None
    _, manifest = label()
    assert all('visual_tags' not in entry for entry in manifest['data_list'])


def test_a_class_that_no_label_stands_for_is_said(label, caplog):
    with caplog.at_level(logging.WARNING):
        label()
    assert "the audio teacher has no label for 'Flute'" in caplog.text
    assert "the visual teacher has no label for 'Violin'" in caplog.text


def test_other_classes_take_the_place_of_the_manifests(label, config, data_root):
    content = read_manifest(data_root / 'toy.json')
    for entry in content['data_list']:
        entry['tags'], entry['boxes'] = [], {}
    write_manifest(data_root / 'toy.json', content)
    config['classes'] = ['deep', 'bright']
    config['audio']['groups']['table'] = {'deep': ['low']}
    config['visual']['groups']['table'] = {'deep': ['dark'], 'bright': ['light']}
    _, manifest = label()
    assert manifest['metainfo']['classes'] == ['deep', 'bright']
    assert list(manifest['data_list'][0]['tags']) == ['deep', 'bright']


def test_unreadable_clips_stop_it_or_are_left_out_by_name(label, data_root):
    (data_root / 'clip1.wav').unlink()
    (data_root / 'clip2.png').write_bytes(b'no image')
    with pytest.raises(DataError, match=r"3 problems:\n  clip 'clip1': missing: .*clip1\.wav"):
        label()
    assert not (data_root / 'pseudo/toy.json').exists()
    counts, manifest = label(leave_out_bad=True)
    assert [entry['clip_id'] for entry in manifest['data_list']] == ['clip0', 'clip3']
    assert (counts['clips'], counts['left_out'], counts['audio Cello']) == (2, 2, 2)
    left_out = json.loads((data_root / 'pseudo/toy.left_out.json').read_text())
    assert [clip['clip_id'] for clip in left_out] == ['clip1', 'clip2']
    assert 'cannot be read as an image' in left_out[1]['problems'][0]


def test_word_vectors_count_what_is_heard_where_a_label_is_seen(label, config, tmp_path):
    (tmp_path / 'glove.txt').write_text('dark 1 0\nlight 0 1\ncello 1 1\nflute 1 1\n')
    words = {'Cello': ['cello'], 'Flute': ['flute']}
    config['visual']['groups'] = {
        'type': 'WordVectorGroups', 'path': str(tmp_path / 'glove.txt'), 'phrases': words,
    }  # fmt: skip
    _, manifest = label()
    # both labels are as similar to both classes, and only cellos are heard
    assert manifest['data_list'][0]['visual_tags']['Cello'] == 1
    assert manifest['data_list'][0]['visual_tags']['Flute'] == 0
    config['audio']['groups'] = config['visual']['groups']
    with pytest.raises(ConfigError, match="use it for 'visual'"):
        label()


def test_teachers_that_do_not_fit_are_refused(label, config):
    audio = config.pop('audio')
    with pytest.raises(ConfigError, match="needs 'audio'"):
        label()
    config.clear()
    config['audio'] = {**audio, 'teacher': {**audio['teacher'], 'type': 'GreyTeacher'}}
    with pytest.raises(ConfigError, match="GreyTeacher is not a teacher for the 'audio' modality"):
        label()
    config['audio'] = {'teacher': audio['teacher']}
    with pytest.raises(ConfigError, match=r"'audio' of the config is missing \['groups'\]"):
        label()


def test_a_bad_annotation_is_said_before_the_teachers_begin(label, config, data_root):
    content = read_manifest(data_root / 'toy.json')
    content['data_list'][1]['clip_id'] = 'clip0'
    (data_root / 'toy.json').write_text(json.dumps(content))
    with pytest.raises(DataError, match="clip 'clip0': duplicate"):
        label(leave_out_bad=True)
    config['classes'] = ['deep']
    with pytest.raises(DataError, match="box label 'Cello' is not in the metainfo"):
        label()
    assert not (data_root / 'pseudo').exists()


def test_labels_made_in_another_format_are_made_apart(label, data_root):
    label()
    label()
    folder = data_root / 'pseudo/scores'
    before = {path.name for path in folder.iterdir()}
    label(dtype='bfloat16')
    assert len({path.name for path in folder.iterdir()} - before) == len(before) == 2
