import pytest
from mmengine import Config
from mmengine.registry import DATASETS, MODELS

from mmavl.engine.config_check import check_config, look_up, nearest, sections_of, unknown
from mmavl.errors import ConfigError


def mistakes(model):
    with pytest.raises(ConfigError) as error:
        check_config(Config({'model': model}), ['model'])
    return str(error.value).splitlines()


def test_what_fits_passes():
    noise = {'type': 'RandomLocalizer', 'grid': (4, 4), 'map_transforms': [{'type': 'SmoothMaps'}]}
    check_config(Config({'model': noise}), ['model'])


def test_arguments_that_a_base_takes_are_known_and_others_are_not():
    (line,) = mistakes({'type': 'RandomLocalizer', 'data_preprocesor': None})
    assert line == (
        "model: RandomLocalizer has no argument 'data_preprocesor'; "
        "did you mean 'data_preprocessor'?"
    )


def test_a_mistake_in_a_list_is_found_at_its_place():
    transforms = [{'type': 'SmoothMaps'}, {'type': 'SmothMaps'}]
    (line,) = mistakes({'type': 'RandomLocalizer', 'map_transforms': transforms})
    assert line == (
        "model.map_transforms.1: no model is called 'SmothMaps'; did you mean 'SmoothMaps'?"
    )


def test_one_mistake_in_several_places_is_one_line():
    wrong = {'type': 'SmoothMaps', 'sides': 3}
    (line,) = mistakes({'type': 'RandomLocalizer', 'map_transforms': [wrong, wrong]})
    assert line == (
        "model.map_transforms.0, model.map_transforms.1: SmoothMaps has no argument 'sides'; "
        "did you mean 'side'?"
    )


def test_values_of_another_type_and_what_is_missing_are_said():
    lines = mistakes({'type': 'CoarseToFine', 'audio_backbone': {'type': 'CRNN'}, 'valid': 3})
    assert lines == [
        '2 mistakes',
        "  model: CoarseToFine needs 'visual_backbone'",
        '  model: valid=3 must be str',
    ]


def test_sections_are_those_that_are_built():
    cfg = Config({'model': {}, 'variable': 1, 'train_cfg': {}})
    assert set(sections_of(cfg)) == {'model', 'train_cfg'}
    assert set(sections_of(cfg, ['model'])) == {'model'}


def test_names_are_looked_up_in_mmavls_scope_and_above():
    assert look_up(DATASETS, 'AVDataset').__name__ == 'AVDataset'
    assert look_up(MODELS, 'AVDataset') is None
    assert unknown(DATASETS, 'AVDatset') == (
        "no dataset is called 'AVDatset'; did you mean 'AVDataset'?"
    )


def test_nothing_is_proposed_that_is_not_near():
    assert nearest('x', ['width']) == ''
    assert nearest('widht', ['width', 'height']) == "; did you mean 'width'?"
    assert nearest('typ', ['type'], 'kind') == "; did you mean 'kind' instead of 'type'?"


def test_a_type_where_nothing_can_be_chosen_is_refused():
    loader = {'type': 'FastLoader', 'batch_size': 2}
    message = "train_dataloader: has no 'type' to choose: remove type='FastLoader'"
    with pytest.raises(ConfigError, match=message):
        check_config(Config({'train_dataloader': loader}), ['train_dataloader'])
