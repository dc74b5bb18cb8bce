from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmavl.apis.case_evaluation import evaluate_cases, summarise, to_record
from mmavl.apis.clips import Clip
from mmavl.apis.failures import Failure
from mmavl.apis.localization import Localization
from mmavl.evaluation.real_clips import Case, Mark

CLASSES = ['Dog', 'Cat', 'Violin', 'Wind', 'strings']
FAMILIES = {'strings': ['Violin', 'Cello']}


def heat(row, column):
    values = np.zeros((4, 4), np.float32)
    values[row, column] = 1.0
    return values


def inferencer(by_sound, classes=CLASSES, families=FAMILIES):
    """Answers by the sound's file: what it names, what of it is off screen, and its maps."""
    asked = []

    def run(inputs, batch_size, labels, threshold, whole_videos):
        assert not whole_videos
        asked.append(labels)
        found, failures = [], []
        for item in inputs:
            picture = item.get('video') or item['image']
            sound = item.get('audio', picture)
            name = Path(sound).name
            if name not in by_sound:
                failures.append(Failure(name, 'damaged'))
                continue
            sounding, off_screen, maps = by_sound[name]
            clip = Clip(name, picture, sound, time=item.get('time'))
            fields = {'sounding': sounding, 'maps': maps, 'clip': clip, 'off_screen': off_screen}
            heard = run.heard or dict.fromkeys(sounding, 0.9)
            found.append(
                Localization(
                    name, (40, 40), 1.0, (0.0, 2.0), audio_probs=heard, visual_probs={}, **fields
                )
            )
        return {'predictions': found, 'failures': failures}

    run.classes = list(classes)
    run.model = SimpleNamespace(dataset_meta={'families': families} if families else {})
    run.asked, run.heard = asked, None
    return run


def case(file, label, box=(0.0, 0.0, 0.5, 0.5), **kwargs):
    time = None if 'audio' in kwargs else 1.0
    return Case(Path('clips', file), time, Mark(label, box), **kwargs)


LEFT, RIGHT = heat(0, 0), heat(3, 3)


def test_a_case_is_scored_given_its_class_its_family_and_nothing():
    run = inferencer({'a.mp4': (['Violin', 'Wind'], ['Wind'], {'Violin': LEFT, 'strings': RIGHT})})
    (outcome,), failures = evaluate_cases(run, [case('a.mp4', 'violin')])
    assert failures == []
    assert run.asked == [['Violin', 'strings']]
    assert {given: hit.own for given, hit in outcome.hits.items()} == {
        'class': 1.0,
        'family': 0.0,
        'nothing': 1.0,
        'likeliest': 1.0,
        'whole': 1.0,
        'whole_raw': 1.0,
    }
    assert (outcome.named, outcome.wrong) == ('Violin', ['Wind'])


def test_what_is_named_and_off_screen_is_localized_nowhere():
    run = inferencer({'a.mp4': (['Dog'], ['Dog'], {'Dog': LEFT})})
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'dog barking')])
    assert outcome.named == 'Dog'
    assert 'nothing' not in outcome.hits
    assert outcome.hits['class'].own == 1.0


def test_a_class_of_anything_that_sounds_in_the_frame_is_not_wrong():
    other = (Mark('cat', (0.5, 0.5, 1.0, 1.0)),)
    run = inferencer({'a.mp4': (['Cat', 'Violin'], [], {'Dog': RIGHT, 'Cat': RIGHT})})
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'dog', others=other)])
    assert outcome.wrong == ['Violin']
    assert outcome.named is None
    assert (outcome.hits['class'].own, outcome.hits['class'].other) == (0.0, 1.0)


def test_a_family_stands_for_a_class_that_the_model_lacks():
    run = inferencer({'a.mp4': (['strings'], [], {'strings': LEFT})})
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'cello')])
    assert outcome.names == {'class': None, 'family': 'strings'}
    assert outcome.named == 'strings'
    assert sorted(outcome.hits) == ['family', 'nothing', 'whole', 'whole_raw']


def test_a_model_of_instrument_scenes_families_is_given_the_family():
    classes = ['strings', 'wind', 'keys_percussion']
    run = inferencer({'a.mp4': ([], [], {'wind': LEFT})}, classes, families=None)
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'french horn')])
    assert outcome.names == {'class': None, 'family': 'wind'}


def test_a_manifests_families_are_numbers_and_its_groups_name_them():
    run = inferencer({'a.mp4': (['Cello'], [], {'Cello': LEFT})}, ['Cello', 'Harp'], families=None)
    run.model.dataset_meta = {'families': [0, 0], 'groups': {'strings': ['Cello', 'Harp']}}
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'cello')])
    assert outcome.names == {'class': 'Cello', 'family': 'Cello'}


def test_a_model_without_classes_has_one_map_for_all():
    run = inferencer({'a.mp4': (['sound'], [], {'sound': LEFT})}, classes=[], families=None)
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'dog')])
    assert {given: hit.own for given, hit in outcome.hits.items()} == dict.fromkeys(
        ('class', 'family', 'likeliest', 'whole', 'whole_raw'), 1.0
    )
    assert outcome.wrong == []


def test_a_picture_with_the_sound_of_either_of_two_is_scored_twice():
    """The map of the likeliest class follows the sound, that of the whole sound stays."""
    boxes = {'dog': (0.0, 0.0, 0.5, 0.5), 'cat': (0.5, 0.5, 1.0, 1.0)}
    both = {'Dog': LEFT, 'Cat': 0.9 * RIGHT, 'Wind': 3 * LEFT}
    run = inferencer(
        {'dog.wav': (['Dog', 'Wind'], [], both), 'cat.wav': (['Cat', 'Wind'], [], both)}
    )
    cases = [
        case('both.png', name, boxes[name], silent=(Mark(other, boxes[other]),), audio=Path(sound))
        for name, other, sound in (('dog', 'cat', 'a/dog.wav'), ('cat', 'dog', 'a/cat.wav'))
    ]
    outcomes, failures = evaluate_cases(run, cases)
    assert failures == []
    likeliest, whole = ([o.hits[key] for o in outcomes] for key in ('likeliest', 'whole'))
    assert [hit.own for hit in likeliest] == [1.0, 1.0]
    assert [(hit.own, hit.silent) for hit in whole] == [(1.0, 0.0), (0.0, 1.0)]
    table = summarise(outcomes)
    assert table['likeliest class']['a silent one'].mean == 0.0
    assert table['whole sound']['a silent one'].mean == 0.5
    assert table['hearing for itself']['wrong classes a frame'].count == 2
    entry = to_record(outcomes, failures, Path('b'))['cases'][1]
    assert (entry['file'], entry['audio']) == ('../clips/both.png', '../a/cat.wav')
    assert 't' not in entry


def test_the_whole_sound_follows_the_probabilities_and_its_raw_sum_the_values_of_the_maps():
    maps = {'Dog': 10 * LEFT, 'Cat': RIGHT}
    run = inferencer({'a.mp4': (['Dog', 'Cat'], [], maps)})
    run.heard = {'Dog': 0.6, 'Cat': 0.9}  # weights .4 and .6 of the sum; raw, 4 and .6
    both = (Mark('cat', (0.5, 0.5, 1.0, 1.0)),)
    outcomes, _ = evaluate_cases(run, [case('a.mp4', 'dog', others=both)])
    whole, raw = (outcomes[0].hits[key] for key in ('whole', 'whole_raw'))
    assert (whole.own, whole.other) == (0.0, 1.0)
    assert (raw.own, raw.other) == (1.0, 0.0)
    assert summarise(outcomes)['whole sound, raw sum']['several: another'].mean == 0.0


def test_where_nothing_is_named_the_likeliest_class_stands_for_the_whole_sound():
    run = inferencer({'a.mp4': ([], [], {'Dog': LEFT, 'strings': RIGHT})})
    run.heard = {'Dog': 0.2, 'Cat': 0.3, 'strings': 0.4}  # no map of the cat
    (outcome,), _ = evaluate_cases(run, [case('a.mp4', 'cat')])
    assert outcome.hits['likeliest'].own == outcome.hits['whole'].own == 1.0
    assert 'class' not in outcome.hits


def test_a_clip_that_cannot_be_read_is_listed():
    run = inferencer({'a.mp4': ([], [], {'Dog': LEFT})})
    outcomes, failures = evaluate_cases(run, [case('b.mp4', 'dog'), case('a.mp4', 'dog')])
    assert [outcome.case.file.name for outcome in outcomes] == ['a.mp4']
    assert [failure.name for failure in failures] == ['b.mp4']


def test_the_table_has_the_centre_and_the_whole_image():
    run = inferencer(
        {
            'a.mp4': (['Dog'], [], {'Dog': LEFT}),
            'b.mp4': (['Cat'], [], {'Dog': RIGHT, 'Cat': RIGHT}),
        }
    )
    cases = [
        case('a.mp4', 'dog', box=(0.0, 0.0, 0.4, 0.5)),
        case('b.mp4', 'dog', box=(0.0, 0.0, 1.0, 0.5), silent=(Mark('x', (0.5, 0.5, 1.0, 1.0)),)),
    ]
    outcomes, failures = evaluate_cases(run, cases)
    table = summarise(outcomes)
    assert table['class given']['own'].mean == 0.5
    assert table['class given']['own, small boxes'].count == 1
    assert table['class given']['a silent one'].mean == 1.0
    assert 'several: own' not in table['class given']
    assert table['centre of the frame']['own'].mean == 0.5
    assert table['whole image']['own'].mean == pytest.approx((0.2 + 0.5) / 2, abs=0.01)
    hearing = table['hearing for itself']
    assert hearing['named (one source)'].mean == 0.5
    assert hearing['own, where named'].mean == 1.0
    assert hearing['wrong classes a frame'].mean == 0.5
    record = to_record(outcomes, failures, Path('.'))
    assert record['table']['class given']['own']['count'] == 2
    assert record['cases'][0]['file'] == 'clips/a.mp4'
    assert record['cases'][1]['wrong'] == ['Cat']
