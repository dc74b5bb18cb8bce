from pathlib import Path

from mmavl.preparation.doctor.annotation import Annotation
from mmavl.preparation.doctor.lists import check_pairs, check_repeats, check_splits, role_of


def listed(name, *ids, pairs=(), split=None):
    manifest = None if split is None else {'metainfo': {'split': split}}
    return Annotation(Path(name), 'list', list(ids), pairs=list(pairs), manifest=manifest)


def test_partners_of_a_symmetric_list_name_each_other():
    pairs = [('a', 'cello', 'b', 'flute'), ('b', 'flute', 'a', 'cello')]
    assert list(check_pairs(listed('x.csv', pairs=pairs))) == []


def test_a_partner_that_names_a_third_clip_is_not_symmetric():
    pairs = [
        ('a', 'cello', 'b', 'flute'),
        ('b', 'flute', 'c', 'tuba'),
        ('c', 'tuba', 'b', 'flute'),
    ]
    (finding,) = check_pairs(listed('x.csv', pairs=pairs))
    assert (finding.count, finding.of) == (1, 3)
    assert "'a' is with 'b', whose own partner is 'c'" in finding.message


def test_lonely_partners_one_class_and_one_video_are_named():
    video = 'abcdefghijk'
    pairs = [(f'{video}_000001', 'cello', f'{video}_000030', 'cello')]
    texts = [finding.message for finding in check_pairs(listed('x.csv', pairs=pairs))]
    assert [text.partition(':')[0] for text in texts] == [
        'partners without a row of their own',
        'both clips of a pair have the same class',
        'both clips of a pair are from one video',
    ]


def test_clips_and_videos_that_two_splits_share_are_told_apart():
    train = listed('train.txt', 'abcdefghijk_000001', 'abcdefghijk_000030', 'x', 'y')
    test = listed('test.txt', 'abcdefghijk_000030', 'y')
    shared, video = check_splits([train, test])
    assert (shared.count, shared.of, video.count) == (2, 4, 1)
    assert "also in test.txt: 'abcdefghijk_000030', 'y'" in shared.message
    assert 'abcdefghijk_000001' in video.message


def test_subsets_of_one_split_and_boxes_of_a_test_list_may_overlap():
    assert list(check_splits([listed('train_10k.json', 'a'), listed('train_20k.json', 'a')])) == []
    assert list(check_splits([listed('test.json', 'a'), listed('boxes_solo.json', 'a')])) == []
    assert (
        len(list(check_splits([listed('train.json', 'a'), listed('boxes_solo.json', 'a')]))) == 1
    )


def test_the_split_is_the_metainfos_before_the_names():
    assert role_of(listed('train.json', split='val_duet')) == 'val'
    assert role_of(listed('music_duet_boxes.json')) == 'boxes'
    assert role_of(listed('gtest.txt')) == ''


def test_a_clip_that_a_list_has_twice_is_named():
    (finding,) = check_repeats(listed('x.txt', 'a', 'b', 'a'))
    assert (finding.kind, finding.count, finding.of) == ('duplicate', 1, 3)
