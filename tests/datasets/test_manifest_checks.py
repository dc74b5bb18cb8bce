import numpy as np
import pytest
import soundfile

from mmavl.datasets.manifest_checks import check_entry, check_media, frame_count

CLASSES = ['Cello', 'Flute', 'Piano', 'Violin']


def found(entry):
    return [(problem.kind, problem.message) for problem in check_entry(entry, CLASSES)]


def box(bbox=(0.1, 0.1, 0.5, 0.5), label='Cello', sounding=True):
    return {'bbox': list(bbox), 'label': label, 'sounding': sounding}


@pytest.fixture
def entry(manifest):
    return manifest['data_list'][0]


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('audio', None, "'audio' is not a path: None"),
        ('audio', '', "'audio' is not a path: ''"),
        ('frames', [], "'frames' is not a list of paths: []"),
        ('frames', [3], "'frames' is not a list of paths: [3]"),
        ('video', 'x.mp4', "needs either 'frames' or a path as 'video'"),
        ('fps', 0, "'fps' is not a positive number: 0"),
        ('fps', True, "'fps' is not a positive number: True"),
        ('duration', float('nan'), "'duration' is not a positive number: nan"),
        ('duration', '5', "'duration' is not a positive number: '5'"),
        ('tags', 'Cello', "'tags' is not a list or dict of class names: 'Cello'"),
        ('tags', {'Cello': 1.5}, "tags 'Cello' is not a probability: 1.5"),
        ('sources', {'Cello': 7}, "source 'Cello' is not a path: 7"),
        ('fps', 1e-7, "'fps' is not in [1e-06, 1e+09]: 1e-07"),
        ('duration', 10**4000, "'duration' is not in [1e-06, 1e+09]: 1000000"),
        ('annotators', 3, "'annotators' is not a list of boxes: 3"),
        ('tags', {'Cello': 10**400}, "tags 'Cello' is not a probability: 1000"),
        ('tags', [['Cello']], "['Cello'] in 'tags' is not in the metainfo"),
        ('visual_tags', None, "'visual_tags' is not a list or dict of class names: None"),
        ('boxes', {'0': [box(label=['Cello'])]}, "box label ['Cello'] is not in the metainfo"),
        ('boxes', {'0': [box((10**400, 0, 1, 1))]}, 'is not four numbers'),
        ('boxes', [], "'boxes' is not a dict of frame index -> list of boxes"),
        ('boxes', {'0': [{'bbox': [0, 0, 1, 1]}]}, "needs 'bbox', 'label' and 'sounding'"),
        ('boxes', {'0': [box((0, 0, 1))]}, 'bbox [0, 0, 1] is not four numbers'),
        ('boxes', {'0': [box((0, 0, 1, float('inf')))]}, 'bbox [0, 0, 1, inf] is not four numb'),
    ],
)
def test_what_is_malformed_is_named_with_its_value(entry, key, value, message):
    entry[key] = value
    kind, said = found(entry)[0]
    assert kind in ('malformed', 'unknown class')
    assert message in said


def test_missing_keys_are_each_named():
    messages = ' '.join(message for _, message in found({'clip_id': 'x'}))
    for key in ('audio', 'frames', 'fps', 'duration', 'tags'):
        assert f"'{key}'" in messages


@pytest.mark.parametrize('key', ['tags', 'visual_tags', 'sources'])
def test_an_unknown_class_is_named(entry, key):
    entry['boxes'] = {}
    entry[key] = {'Kazoo': 'kazoo.wav' if key == 'sources' else 0.5}
    assert found(entry) == [('unknown class', f"'Kazoo' in '{key}' is not in the metainfo")]


@pytest.mark.parametrize(
    ('item', 'kind', 'message'),
    [
        (
            box(label='Kazoo'),
            'unknown class',
            "box label 'Kazoo' is not in the metainfo",
        ),
        (
            box(label='Piano'),
            'inconsistent',
            "a box of 'Piano' is sounding, but 'Piano' is not a tag",
        ),
        (
            box((0.1, 0.1, 0, 0.5)),
            'degenerate',
            "box of 'Cello' has no area: w=0, h=0.5",
        ),
        (
            box((0.1, 0.1, 0.5, -0.1)),
            'degenerate',
            "box of 'Cello' has no area: w=0.5, h=-0.1",
        ),
        *(
            (
                box(bbox),
                'degenerate',
                f"box of 'Cello' is outside the frame: {list(bbox)} (normalised x, y, w, h)",
            )
            for bbox in [
                (1.2, 0.1, 0.5, 0.5),
                (0.6, 0.1, 0.5, 0.5),
                (0.1, 0.6, 0.5, 0.5),
                (-0.1, 0.1, 0.5, 0.5),
                (0.1, -0.1, 0.5, 0.5),
                (10, 20, 100, 200),
            ]
        ),
    ],
)
def test_a_bad_box_is_named_with_its_frame(entry, item, kind, message):
    entry['boxes'] = {'2': [item]}
    assert found(entry) == [(kind, f'{message} (frame 2)')]


def test_boxes_that_are_right_pass(entry):
    entry['boxes'] = {
        '0': [box((0, 0, 1, 1)), box((0.5, 0.5, 0.5001, 0.5)), box(label='Piano', sounding=False)]
    }
    assert found(entry) == []


def test_a_clip_of_a_thousand_years_is_checked_at_once(entry):
    del entry['frames']
    entry.update(video='x.mp4', fps=1e9, duration=1e9)
    assert found(entry) == []
    entry['boxes'] = {str(10**18): [box()]}
    assert 'the last one is "999999999999999999"' in found(entry)[0][1]


@pytest.mark.parametrize('frame', ['3', '-1', 'a', '01', '²', '9' * 5000])
def test_boxes_of_a_frame_that_is_not_there_are_named(entry, frame):
    entry['boxes'] = {frame: [box()]}
    (kind, said) = found(entry)[0]
    assert kind == 'inconsistent'
    assert said.startswith(f"boxes for frame '{frame[:50]}")
    assert said.endswith('; the last one is "2"')
    assert len(said) < 200


@pytest.mark.parametrize(
    ('corners', 'bad'), [([5, 5, 9, 9], 0), ([9, 5, 5, 9], 1), ([5, 5, 9], 1)]
)
def test_annotators_boxes_are_corners_in_order(entry, corners, bad):
    entry['annotators'] = [corners]
    assert [kind for kind, _ in found(entry)] == ['degenerate'] * bad


def test_boxes_of_another_format_are_suspected(entry):
    entry['boxes'] = {'0': [box((0.4, 0.5, 0.9, 0.8))]}
    assert 'is it x1, y1, x2, y2?' in found(entry)[0][1]
    entry.update(boxes={}, annotators=[[90, 50, 40, 60]])
    assert found(entry)[0][1].endswith('needs x1 < x2 and y1 < y2: is it x, y, w, h?')


def test_a_video_has_as_many_frames_as_its_duration_and_fps_say():
    assert frame_count({'video': 'x.mp4', 'duration': 10.04, 'fps': 8}) == 80
    assert frame_count({'video': 'x.mp4', 'duration': 0.5, 'fps': 1}) == 1


def test_good_media_pass(data_root, entry):
    entry['sources'] = {'Cello': 'clip1.wav'}
    assert check_media(entry, data_root) == []


@pytest.mark.parametrize(
    ('name', 'content', 'kind'),
    [
        ('clip0.wav', None, 'missing'),
        ('clip0_2.png', None, 'missing'),
        ('clip0.wav', b'', 'unreadable'),
        ('clip0.wav', b'no sound', 'unreadable'),
        ('clip0_2.png', b'no image', 'unreadable'),
    ],
)
def test_bad_media_are_named(data_root, entry, name, content, kind):
    if content is None:
        (data_root / name).unlink()
    else:
        (data_root / name).write_bytes(content)
    problems = check_media(entry, data_root)
    assert [problem.kind for problem in problems] == [kind]
    assert str(data_root / name) in problems[0].message


def test_a_sound_shorter_than_its_duration_is_unreadable(data_root, entry):
    entry['duration'] = 5.0
    (problem,) = check_media(entry, data_root)
    assert problem.kind == 'unreadable'
    assert 'truncated: 1.00 s of the 5.00 s' in problem.message


@pytest.mark.parametrize(('gain', 'silent'), [(0, True), (5e-5, True), (2e-4, False)])
def test_a_silent_sound_is_told_from_a_soft_one(data_root, entry, gain, silent):
    tone = gain * np.sin(np.arange(8000))
    soundfile.write(data_root / 'clip0.wav', tone, 8000, subtype='FLOAT')
    assert [p.kind for p in check_media(entry, data_root)] == ['silent'] * silent


def test_the_silent_one_of_the_sources_is_named(data_root, entry):
    soundfile.write(data_root / 'cello.wav', np.zeros(8000), 8000)
    entry['sources'] = {'Cello': 'cello.wav', 'Flute': 'clip1.wav'}
    (problem,) = check_media(entry, data_root)
    assert problem.kind == 'silent'
    assert 'cello.wav is silent (peak 0)' in problem.message


def test_silence_is_no_problem_where_nothing_is_said_to_sound(data_root, entry):
    soundfile.write(data_root / 'clip0.wav', np.zeros(8000), 8000)
    entry.update(tags=[], boxes={'0': [box(sounding=False)]})
    assert check_media(entry, data_root) == []
    for more in ({'tags': ['Cello']}, {'boxes': {}}, {'boxes': {'0': [box()]}}):
        assert [p.kind for p in check_media({**entry, **more}, data_root)] == ['silent']


@pytest.mark.parametrize(('duration', 'bad'), [(2.0, 0), (4.0, 1)])
def test_a_video_is_looked_at_to_its_last_frame(data_root, entry, duration, bad, media):
    media.write_clip(data_root / 'x.mp4', media.grey_frames(8, (16, 16)), fps=4)
    soundfile.write(data_root / 'clip0.wav', np.sin(np.arange(32000)), 8000)
    del entry['frames']
    entry.update(video='x.mp4', fps=4, duration=duration)
    messages = [problem.message for problem in check_media(entry, data_root)]
    assert len(messages) == bad
    assert all('no frame at 3.75 s' in message for message in messages)


def test_tags_may_name_groups_and_boxes_may_not(entry):
    entry.update(tags={'Cello': 0.5, 'strings': 1}, visual_tags=['strings'], boxes={})
    assert list(check_entry(entry, CLASSES, ['strings'])) == []
    entry['boxes'] = {'0': [box(label='strings', sounding=False)]}
    assert [p.kind for p in check_entry(entry, CLASSES, ['strings'])] == ['unknown class']
