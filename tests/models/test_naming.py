from mmavl.models.naming import Naming, named_families

FAMILIES = {'strings': ['Violin', 'Cello'], 'Music': ['Violin', 'Cello', 'Piano', 'strings']}


def test_classes_from_the_threshold_are_named_best_first():
    assert Naming(0.3).sounding({'a': 0.3, 'b': 0.9, 'c': 0.29}) == ['b', 'a']


def test_a_family_is_named_where_none_of_its_classes_is():
    naming = Naming(0.3, FAMILIES)
    assert naming.sounding({'Violin': 0.4, 'strings': 0.9, 'Music': 0.9, 'Dog': 0.5}) == [
        'Dog',
        'Violin',
    ]
    assert naming.sounding({'Violin': 0.1, 'strings': 0.6, 'Dog': 0.5}) == ['strings', 'Dog']


def test_of_two_families_the_smaller_is_named():
    assert Naming(0.3, FAMILIES).sounding({'strings': 0.6, 'Music': 0.9}) == ['strings']
    assert Naming(0.3, FAMILIES).sounding({'Music': 0.9}) == ['Music']


def test_a_family_takes_more_than_a_class():
    assert Naming(0.3, FAMILIES).sounding({'strings': 0.45}) == []
    assert Naming(0.7, FAMILIES).sounding({'strings': 0.6}) == []


def test_what_is_hardly_in_the_picture_is_unseen():
    naming = Naming(0.3, visual_threshold=0.5)
    assert naming.off_screen(['a', 'b', 'c'], {'a': 0.4, 'b': 0.5, 'c': 0.9, 'd': 0.0}) == ['a']
    assert Naming(0.3).off_screen(['a'], {'a': 0.0}) == []


def test_a_manifests_model_has_no_families_to_name():
    assert named_families({'families': [0, 0, 1], 'groups': {'strings': ['Cello']}}) == {}
    assert named_families({'families': {'animals': ['dog']}}) == {'animals': ['dog']}
    assert named_families({}) == {}
