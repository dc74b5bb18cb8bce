import json
import logging
import multiprocessing
import random

import numpy as np
import pytest
import torch

from mmavl.datasets import AVDataset
from mmavl.datasets.manifest import read_manifest, write_manifest
from mmavl.errors import ConfigError, DataError
from mmavl.registry import DATASETS
from mmavl.utils.failures import error_line
from mmavl.utils.random_state import get_random_state, set_random_state

PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'PackAVInputs'},
]


def dataset(root, **kwargs):
    return AVDataset('toy.json', str(root), **kwargs)


def change(root, edit):
    manifest = read_manifest(root / 'toy.json')
    edit(manifest)
    (root / 'toy.json').write_text(json.dumps(manifest))


def test_a_sample_holds_what_the_manifest_says_of_its_clip(data_root):
    sample = dataset(data_root, frame='first')[1]
    assert sample['clip_id'] == 'clip1'
    assert sample['sample_idx'] == 1
    assert sample['img_path'] == str(data_root / 'clip1.png')
    assert sample['audio_path'] == str(data_root / 'clip1.wav')
    assert sample['duration'] == 1.0
    assert sample['classes'] == ['Cello', 'Flute', 'Piano', 'Violin']
    assert sample['tags'].dtype == np.float32
    assert sample['tags'].tolist() == [1, 1, 0, 0]
    assert sample['box_names'] == ['Cello', 'Flute']


def test_boxes_are_those_of_the_frame_with_label_family_and_flag(data_root):
    sample = dataset(data_root, frame='annotated')[3]
    assert (sample['clip_id'], sample['frame_index'], sample['time']) == ('clip1', 2, 1.0)
    assert sample['img_path'].endswith('clip1_2.png')
    assert np.allclose(sample['boxes'], [[0.1, 0.2, 0.3, 0.4]] * 2 + [[0.5, 0.5, 0.25, 0.5]])
    assert sample['box_labels'].tolist() == [0, 1, 3]
    assert sample['box_families'].tolist() == [0, 1, 0]
    assert sample['box_sounding'].tolist() == [True, True, False]


def test_a_frame_whose_list_of_boxes_names_nothing_that_sounds_is_negative(data_root):
    def silence(manifest):
        manifest['data_list'][0]['boxes'] = {'0': []}
        for box in manifest['data_list'][1]['boxes']['0']:
            box['sounding'] = False

    change(data_root, silence)
    data = dataset(data_root, frame='first', pipeline=[{'type': 'PackAVInputs'}])
    assert [data[i]['data_samples'].negative for i in range(4)] == [True, True, False, False]
    assert [dataset(data_root)[i]['negative'] for i in range(4)] == [False] * 4  # no boxes there


def test_at_group_level_a_tag_is_the_greatest_of_its_classes(data_root):
    def probabilities(manifest):
        tags = {'Cello': 0.25, 'Violin': 0.75, 'Piano': 0.9}
        manifest['data_list'][0].update(tags=tags, boxes={}, visual_tags={'Flute': 0.5})

    change(data_root, probabilities)
    data = dataset(data_root, tag_level='group')
    assert data[0]['tags'].tolist() == [0.75, 0]
    assert data[0]['visual_tags'].tolist() == [0, 0.5]
    assert data[0]['classes'] == ['strings', 'wind']
    assert dataset(data_root)[0]['tags'].tolist() == [0.25, 0, pytest.approx(0.9), 0.75]


def test_at_group_level_boxes_carry_group_labels_and_class_names(data_root):
    sample = dataset(data_root, tag_level='group', frame='annotated')[3]
    assert sample['box_labels'].tolist() == [0, 1, 0]
    assert sample['box_families'].tolist() == [0, 1, 0]
    assert sample['box_names'] == ['Cello', 'Flute', 'Violin']


def test_metainfo_names_classes_and_families_at_the_tag_level(data_root):
    by_class = dataset(data_root).metainfo
    assert by_class['classes'] == ['Cello', 'Flute', 'Piano', 'Violin']
    assert by_class['families'] == [0, 1, -1, 0]
    assert (by_class['dataset'], by_class['split'], by_class['tag_level']) == (
        'toy',
        'train',
        'class',
    )
    by_group = dataset(data_root, tag_level='group').metainfo
    assert by_group['classes'] == ['strings', 'wind']
    assert by_group['families'] == [0, 1]
    assert by_group['groups'] == {'strings': ['Cello', 'Violin'], 'wind': ['Flute']}


def test_a_class_of_two_groups_counts_in_both_and_belongs_to_the_first(data_root):
    change(data_root, lambda m: m['metainfo']['groups']['wind'].append('Cello'))
    data = dataset(data_root, tag_level='group', frame='first')
    assert data[0]['tags'].tolist() == [1, 1]
    assert data[0]['box_labels'].tolist() == [0]


def test_group_level_needs_groups(data_root):
    change(data_root, lambda m: m['metainfo'].pop('groups'))
    assert dataset(data_root).metainfo['families'] == [-1] * 4
    with pytest.raises(DataError, match=r"toy.json has no groups: set tag_level='class'"):
        dataset(data_root, tag_level='group')


@pytest.mark.parametrize(
    ('frame', 'indices'), [('first', {0}), ('middle', {1}), ('random', {0, 1, 2})]
)
def test_the_frame_asked_for_is_taken(data_root, frame, indices):
    data = dataset(data_root, frame=frame)
    assert {data[0]['frame_index'] for _ in range(50)} == indices


def test_random_frames_bring_their_own_boxes(data_root):
    data = dataset(data_root, frame='random')
    boxes = {(s['frame_index'], len(s['boxes'])) for s in (data[0] for _ in range(50))}
    assert boxes == {(0, 1), (1, 0), (2, 2)}


def test_a_videos_frame_is_named_by_its_time(data_root):
    def to_video(manifest):
        manifest['data_list'][0].pop('frames')
        manifest['data_list'][0].update(video='clip0.mp4', fps=4, boxes={})

    change(data_root, to_video)
    sample = dataset(data_root)[0]
    assert sample['video'] == str(data_root / 'clip0.mp4')
    assert (sample['frame_index'], sample['time']) == (2, 0.5)
    assert 'img_path' not in sample


def test_annotators_boxes_give_their_consensus_map(data_root):
    boxes = [[1, 1, 129, 257], [65, 1, 193, 257], [65, 1, 193, 257]]
    change(data_root, lambda m: m['data_list'][0].update(annotators=boxes))
    data = dataset(data_root, frame='first', pipeline=PIPELINE)
    sample = data[0]['data_samples']
    assert sample.gt_map.shape == (256, 256)
    # x - 1: one annotator on columns 0-63, two or three of them on 64-191
    row = [0.5] * 64 + [1.0] * 128 + [0.0] * 64
    assert torch.equal(sample.gt_map, torch.tensor(row).expand(256, 256))
    assert 'gt_map' not in data[1]['data_samples']


def test_an_empty_list_of_annotators_gives_no_map(data_root):
    change(data_root, lambda m: m['data_list'][0].update(annotators=[]))
    assert 'gt_map' not in dataset(data_root, frame='first')[0]


def test_annotators_and_sources_come_along(data_root):
    extra = {'annotators': [[1, 2, 3, 4]], 'sources': {'Cello': 'clip1.wav'}}
    change(data_root, lambda m: m['data_list'][0].update(extra))
    sample = dataset(data_root)[0]
    assert sample['annotators'] == [[1, 2, 3, 4]]
    assert sample['sources'] == {'Cello': str(data_root / 'clip1.wav')}


@pytest.mark.parametrize(
    ('frame', 'levels', 'clips'),
    [
        ('first', [1], ['clip0', 'clip2']),
        ('first', [2], ['clip1', 'clip3']),
        ('first', [1, 2], ['clip0', 'clip1', 'clip2', 'clip3']),
        ('annotated', [2], ['clip1', 'clip1', 'clip3', 'clip3']),
        ('middle', [2], ['clip1', 'clip3']),  # no boxes on this frame: by the tags
        ('random', [1], ['clip0', 'clip2']),
    ],
)
def test_levels_select_samples(data_root, frame, levels, clips):
    data = dataset(data_root, frame=frame, filter_cfg={'levels': levels})
    assert [data[index]['clip_id'] for index in range(len(data))] == clips


def test_a_silent_box_does_not_raise_the_level(data_root):
    data = dataset(data_root, frame='annotated', filter_cfg={'levels': [1]})
    assert [len(data[index]['boxes']) for index in range(len(data))] == [1, 2, 1, 2]


def test_a_filter_that_leaves_nothing_is_an_error(data_root):
    with pytest.raises(DataError, match=r'toy.json has no samples .*levels=\[3\] \(4 before'):
        dataset(data_root, filter_cfg={'levels': [3]})


@pytest.mark.parametrize(
    ('argument', 'message'),
    [
        ({'tag_level': 'family'}, "tag_level='family' is neither"),
        ({'frame': 'last'}, "frame='last' must be one of middle"),
        ({'max_bad_share': 1}, r'max_bad_share=1 is not in \[0, 1\)'),
        ({'filter_cfg': {'level': [1]}}, 'only levels is allowed'),
    ],
)
def test_a_misspelt_option_is_named(data_root, argument, message):
    with pytest.raises(ValueError, match=message):
        dataset(data_root, **argument)


@pytest.mark.parametrize('serialize_data', [True, False])
def test_indices_and_subsets_select_samples(data_root, serialize_data):
    data = dataset(data_root, indices=[3, 1, 0], serialize_data=serialize_data)
    assert [data[index]['clip_id'] for index in range(len(data))] == ['clip3', 'clip1', 'clip0']
    part = data.get_subset([2])
    assert (len(part), part[0]['clip_id'], part[0]['classes'][1]) == (1, 'clip0', 'Flute')
    data.get_subset_(2)
    assert [data[index]['clip_id'] for index in range(len(data))] == ['clip3', 'clip1']


class NumberedFeatures:
    def read(self, index):
        return {'image_features': np.array([index])}


@pytest.mark.parametrize('serialize_data', [True, False])
@pytest.mark.parametrize(
    ('indices', 'rows'), [([3, 0], [3, 0]), ([-1, 1], [3, 1]), (2, [0, 1]), (-3, [1, 2, 3])]
)
def test_a_subset_reads_the_cached_features_of_its_own_samples(
    data_root, serialize_data, indices, rows
):
    def read(data):
        samples = [data[index] for index in range(len(data))]
        assert [sample['clip_id'] for sample in samples] == [f'clip{row}' for row in rows]
        return [int(sample['image_features'][0]) for sample in samples]

    data = dataset(data_root, features=NumberedFeatures(), serialize_data=serialize_data)
    assert len(data) == 4
    assert read(data.get_subset(indices)) == rows
    assert data[3]['image_features'] == [3]  # the whole is as it was
    data.get_subset_(indices)
    assert read(data) == rows
    again = data.get_subset([1])  # a subset of the subset
    assert again[0]['clip_id'] == f'clip{again[0]["image_features"][0]}' == f'clip{rows[1]}'


def test_a_subclass_adds_metainfo_only(data_root):
    class Orchestra(AVDataset):
        METAINFO = {'dataset': 'orchestra', 'classes': ['Violin', 'Piano', 'Flute', 'Cello']}

    data = Orchestra('toy.json', str(data_root), frame='first')
    assert data.metainfo['dataset'] == 'orchestra'
    assert data[0]['tags'].tolist() == [0, 0, 0, 1]
    assert data[0]['box_labels'].tolist() == [3]


@pytest.mark.parametrize(
    ('edit', 'message'),
    [
        ({'tags': ['Kazoo'], 'boxes': {}}, "clip 'clip2': unknown class: 'Kazoo' in 'tags'"),
        ({'clip_id': 'clip0'}, "clip 'clip0': duplicate"),
        ({'tags': []}, "clip 'clip2': inconsistent: a box of 'Cello' is sounding"),
        (
            {'boxes': {'0': [{'bbox': [0.9, 0, 0.5, 1], 'label': 'Violin', 'sounding': False}]}},
            r"clip 'clip2': degenerate: box of 'Violin' is outside the frame: \[0.9, 0, 0.5, 1\]",
        ),
    ],
)
def test_a_manifest_with_problems_is_refused(data_root, edit, message):
    change(data_root, lambda m: m['data_list'][2].update(edit))
    with pytest.raises(DataError, match=f'(?s)toy.json .*{message}.*check_manifest.py'):
        dataset(data_root)


def test_it_is_built_from_a_config_and_runs_its_pipeline(data_root):
    cfg = {'type': 'AVDataset', 'ann_file': 'toy.json', 'data_root': str(data_root)}
    data = DATASETS.build({**cfg, 'frame': 'annotated', 'pipeline': PIPELINE})
    packed = data[3]
    assert packed['inputs']['image'].float().mean() == 40  # the second frame of clip1
    assert packed['inputs']['waveform'].shape == (8000,)
    boxes = packed['data_samples'].gt_instances.bboxes
    assert boxes[2].tolist() == pytest.approx([32, 16, 48, 32])  # of 64 x 32 pixels


def test_cached_features_take_the_place_of_the_media(data_root):
    class Features:
        def read(self, idx):
            return {'image_features': np.full((2, 3), idx), 'audio_features': np.zeros(5)}

    (data_root / 'clip1.png').unlink()
    (data_root / 'clip1.wav').unlink()
    inputs = dataset(data_root, features=Features(), pipeline=PIPELINE)[1]['inputs']
    assert set(inputs) == {'image_features', 'audio_features'}
    assert inputs['image_features'].tolist() == [[1] * 3] * 2


def test_in_testing_a_bad_sample_stops_with_its_clip_and_manifest(data_root):
    (data_root / 'clip2.wav').write_bytes(b'')
    data = dataset(data_root, pipeline=PIPELINE, test_mode=True, max_bad_share=0.9)
    with pytest.raises(DataError, match=r"clip2.wav is an empty file.*'clip2', manifest .*toy.js"):
        data[2]
    assert data[1]['data_samples'].clip_id == 'clip1'


@pytest.fixture
def log(monkeypatch):
    lines = []

    def keep(message, logger, level):
        assert (logger, level) == ('current', logging.WARNING)
        lines.append(message)

    monkeypatch.setattr('mmavl.datasets.bad_samples.print_log', keep)
    return lines


def test_in_training_a_bad_sample_is_named_once_and_replaced(data_root, log):
    (data_root / 'clip2.wav').unlink()
    data = dataset(data_root, pipeline=PIPELINE, max_bad_share=0.25)
    drawn = {data[2]['data_samples'].clip_id for _ in range(60)}
    assert drawn == {'clip0', 'clip1', 'clip3'}
    (line,) = log
    assert 'bad sample 1, 1 allowed, replaced' in line
    assert 'clip2.wav is missing' in line
    assert "(clip 'clip2', manifest" in line


def test_a_bad_sample_is_opened_once_whatever_the_epochs(data_root, log):
    opened = []

    def step(results):
        opened.append(results['clip_id'])
        if results['clip_id'] == 'clip2':
            raise DataError('no sound')
        return results

    data = dataset(data_root, pipeline=[step], max_bad_share=0.25)
    for _ in range(20):
        data[2]
    assert opened.count('clip2') == 1


def test_the_random_numbers_after_a_bad_sample_do_not_depend_on_whether_it_is_known(
    data_root, log
):
    def step(results):
        random.random(), np.random.rand(), torch.rand(())  # noqa: NPY002
        if results['clip_id'] == 'clip2':
            raise DataError('no sound')
        return results

    data = dataset(data_root, pipeline=[step], max_bad_share=0.25, frame='random')
    before = get_random_state()
    clip, after = data[2]['clip_id'], get_random_state()
    assert 2 in data.bad_samples
    set_random_state(before)
    assert data[2]['clip_id'] == clip
    now = get_random_state()
    assert now['python'] == after['python']
    assert torch.equal(now['torch'], after['torch'])
    assert torch.equal(now['numpy'][1], after['numpy'][1])
    assert now['numpy'][2] == after['numpy'][2]


def test_the_line_that_stops_a_run_names_causes_and_clips(data_root, log):
    (data_root / 'clip0.wav').unlink()
    (data_root / 'clip1.wav').unlink()
    (data_root / 'clip3.png').write_bytes(b'')
    data = dataset(data_root, pipeline=PIPELINE, max_bad_share=0.5, frame='random')
    data._rand_another = lambda: 2
    with pytest.raises(DataError) as error:
        [data[index] for _ in range(9) for index in (0, 3, 1)]
    assert '2 x audio is missing' in str(error.value)
    assert '(clips clip0, clip1)' in str(error.value)
    assert '\n' not in str(error.value)


def test_in_training_more_bad_samples_than_allowed_stop_the_run(data_root, log):
    for index in (0, 2):
        (data_root / f'clip{index}.png').write_text('no image')
    data = dataset(data_root, pipeline=PIPELINE, max_bad_share=0.25)
    with pytest.raises(DataError, match=r'bad sample 2 of 4, and max_bad_share=0.25 allows 1'):
        list(map(data.__getitem__, range(4)))


def test_worker_processes_count_bad_samples_together(data_root):
    for index in (0, 1):  # one for each process, which alone would be within the limit
        (data_root / f'clip{index}.wav').unlink()
    data = dataset(data_root, pipeline=PIPELINE, max_bad_share=0.25)
    data._rand_another = lambda: 3
    worker = multiprocessing.get_context('fork').Process(target=data.__getitem__, args=(0,))
    worker.start()
    worker.join()
    with pytest.raises(DataError, match='bad sample 2 of 4'):
        data[1]


def test_a_subset_counts_its_own_bad_samples(data_root, log):
    (data_root / 'clip3.wav').unlink()
    data = dataset(data_root, pipeline=PIPELINE, max_bad_share=0.5)
    part = data.get_subset([3, 0])
    data.get_subset_([3, 0])
    for chosen in (data, part):
        assert chosen[0]['data_samples'].clip_id == 'clip0'
        assert [i in chosen.bad_samples for i in (0, 1)] == [True, False]


@pytest.mark.parametrize('error', [RuntimeError('no frame'), TypeError(), OSError(5, 'I/O error')])
def test_what_goes_wrong_with_one_clip_is_its_failure_whatever_the_type(data_root, log, error):
    def decode(results):
        if results['clip_id'] == 'clip2':
            raise error
        return results

    data = dataset(data_root, pipeline=[decode], max_bad_share=0.25)
    assert data[2]['clip_id'] != 'clip2'
    (line,) = log
    assert f'{error_line(error)} (test_av_dataset.py, line ' in line
    assert "(clip 'clip2', manifest" in line


def test_an_unusable_config_is_not_counted_as_a_clips_failure(data_root):
    def step(results):
        raise ConfigError('sizes differ')

    with pytest.raises(ConfigError):
        dataset(data_root, pipeline=[step], max_bad_share=0.9)[0]


def test_a_bug_of_the_pipeline_stops_the_run_and_names_its_line(data_root):
    def step(results):
        return results['no such key']

    data = dataset(data_root, pipeline=[step], max_bad_share=0.25)
    with pytest.raises(DataError, match=r"KeyError: 'no such key' \(test_av_dataset\.py, line \d"):
        data[0]


def test_a_large_manifest_of_good_entries_is_checked_quickly(tmp_path, manifest):
    entries = [{**manifest['data_list'][0], 'clip_id': str(index)} for index in range(2000)]
    write_manifest(tmp_path / 'toy.json', {**manifest, 'data_list': entries})
    data = dataset(tmp_path)
    assert len(data) == 2000
    assert len(data.bad_samples) == 0


def test_a_groups_own_tag_counts_at_group_level_in_place_of_its_classes(data_root):
    def name_groups(manifest):
        manifest['data_list'][0].update(tags={'Cello': 0.25, 'strings': 0.9}, boxes={})
        manifest['data_list'][1].update(tags=['wind'], boxes={})

    change(data_root, name_groups)
    data = dataset(data_root, tag_level='group')
    assert np.allclose(data[0]['tags'], [0.9, 0])
    assert data[1]['tags'].tolist() == [0, 1]
    with pytest.raises(DataError, match=r"only tags of groups, e\.g\. \['wind'\]"):
        dataset(data_root)


def test_a_dataset_says_what_it_is_annotated_with(data_root):
    assert dataset(data_root, frame='first').annotations() == {'tags', 'boxes'}
    assert dataset(data_root, frame='middle').annotations() == {'tags'}  # frame 1 has no boxes
    assert dataset(data_root, frame='random').annotations() == {'tags', 'boxes'}
    change(data_root, lambda manifest: [e.pop('boxes') for e in manifest['data_list']])
    assert dataset(data_root).annotations() == {'tags'}
    assert dataset(data_root, frame='random').annotations() == {'tags'}

    def annotators_alone(manifest):
        for entry in manifest['data_list']:
            entry.update(tags=[])
        manifest['data_list'][3]['annotators'] = [[1, 1, 9, 9]]

    change(data_root, annotators_alone)
    assert dataset(data_root, frame='first').annotations() == {'boxes'}


def test_silent_boxes_alone_are_no_annotation_of_what_sounds(data_root):
    def silence(manifest):
        for entry in manifest['data_list']:
            for items in entry['boxes'].values():
                for box in items:
                    box['sounding'] = False

    change(data_root, silence)
    assert dataset(data_root, frame='first').annotations() == {'tags'}
