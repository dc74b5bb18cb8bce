import pytest
from mmengine.registry import MODELS

from mmavl.engine.build_errors import explain_build, noted_builds
from mmavl.registry import MODELS as OWN


def failed(config):
    with pytest.raises((TypeError, ValueError)) as error, noted_builds():
        OWN.build(config)
    return error.value


def test_a_refused_value_comes_with_the_innermost_place():
    model = {'type': 'RandomLocalizer', 'map_transforms': [{'type': 'SmoothMaps', 'side': 2}]}
    error = failed(model)
    assert explain_build(error, {'model': model}) == (
        'model.map_transforms.0: side=2 must be an odd number of cells'
    )


def test_of_entries_of_one_type_that_with_the_same_values_is_named():
    transforms = [{'type': 'SmoothMaps', 'side': 3}, {'type': 'SmoothMaps', 'side': 4}]
    model = {'type': 'RandomLocalizer', 'map_transforms': transforms}
    assert explain_build(failed(model), {'model': model}).startswith('model.map_transforms.1: ')


def test_an_error_from_elsewhere_is_not_explained():
    assert explain_build(ValueError('a bug'), {'model': {}}) is None


def test_the_registries_build_as_before_afterwards():
    before = MODELS.build_func, OWN.build_func
    failed({'type': 'SmoothMaps', 'side': 2})
    assert (MODELS.build_func, OWN.build_func) == before
