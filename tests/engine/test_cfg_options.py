import argparse
import sys

import pytest
from mmengine import Config

from mmavl.engine.cfg_options import ConfigOptions, apply_options
from mmavl.engine.config import load_config
from mmavl.errors import ConfigError


def parse(*texts):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions)
    return parser.parse_args(['--cfg-options', *texts]).cfg_options


def config():
    return Config(
        {
            'model': {'type': 'A', 'width': 1, 'head': None, 'indices': [1, 2]},
            'pipeline': [{'type': 'B'}, {'type': 'C', 'size': [3, 4]}],
            'train_cfg': {'max_epochs': 4},
        }
    )


def test_values_are_numbers_truths_texts_and_lists_and_later_ones_win():
    assert parse('a.b=1', 'c=1e-3', 'd=true', 'e=None', 'f=[1,x]', 'g=(1,2)', "h=''", 'a.b=2') == {
        'a.b': 2, 'c': 1e-3, 'd': True, 'e': None, 'f': [1, 'x'], 'g': (1, 2), 'h': '',
    }  # fmt: skip


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('/my data/ä ü', '/my data/ä ü'),
        ('[electric guitar, cello]', ['electric guitar', 'cello']),
        ('(1, 2), (3, 4)', [(1, 2), (3, 4)]),
        ('[[a b], [c, 1]]', [['a b'], ['c', 1]]),
        ("'/a, b [c'", '/a, b [c'),
        ('["guitar, bowed", \'50"\']', ['guitar, bowed', '50"']),
        ("' 1 '", ' 1 '),
        ("rock'n'roll, it's", ["rock'n'roll", "it's"]),
        ('a=b', 'a=b'),
        ('(1,)', (1,)),
        ('[]', []),
        ("['']", ['']),
    ],
)
def test_texts_keep_their_spaces_and_in_quotes_all_else(text, value):
    assert parse(f'a={text}') == {'a': value}


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('model.avc_head', "'model.avc_head' is not KEY=VALUE"),
        ('configs/stage1.py', "'configs/stage1.py' is not KEY=VALUE"),
        ('=5', "'=5' has an invalid key: '' must have the form a.b.c"),
        ('model..width=5', "has an invalid key: 'model..width' must have the form a.b.c"),
        ('model.width.=5', 'must have the form a.b.c'),
        ('model .width=5', 'must have the form a.b.c'),
        ('model.width=', "'model.width=' has no value; for an empty string, write model.width=''"),
        ('model.size=[3,4', "'model.size=[3,4' has a value that cannot be read: a bracket is not"),
        ("model.name='a", 'cannot be read: a quote is not closed'),
    ],
)
def test_what_is_not_a_key_with_a_value_ends_with_one_line(capsys, text, message):
    with pytest.raises(SystemExit) as stop:
        parse('a.b=1', text)
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith('error: --cfg-options: ')
    assert message in said
    assert said.count('\n') == 1


def test_values_of_dicts_and_of_entries_of_lists_are_replaced():
    cfg = config()
    before = cfg.pipeline
    apply_options(cfg, {'model.width': 5, 'pipeline.1.size': [7, 8], 'model.new.deep': 1})
    assert cfg.model.width == 5
    assert cfg.model.new == {'deep': 1}
    assert cfg.pipeline == [{'type': 'B'}, {'type': 'C', 'size': [7, 8]}]
    assert before[1].size == [3, 4]  # lists that other entries share stay as they are


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        (
            {'pipeline.9.type': 'X'},
            "pipeline.9.type: pipeline has 2 entries (0 to 1), not '9'",
        ),
        ({'pipeline.2.type': 'X'}, "not '2'"),
        ({'pipeline.type': 'X'}, "not 'type'"),
        ({'pipeline.-1.type': 'X'}, "not '-1'"),
        ({'pipeline.1': None}, 'give the whole list, pipeline=[...], or a key of the item, pip'),
        ({'model.indices.0': 3}, 'give the whole list, model.indices=[...]'),
        ({'model.width.x': 3}, 'model.width.x: model.width is 1 and has no keys'),
        ({'model.type.x': 3}, "model.type is 'A' and has no keys"),
        ({'model.head.x.y': 3}, 'model.head is None and has no keys'),
        ({'model.a': 3, 'model.a.b': 4}, '--cfg-options model.a model.a.b: '),
    ],
)
def test_a_way_that_does_not_exist_is_named_with_where_it_ends(option, message):
    with pytest.raises(ConfigError) as error:
        apply_options(config(), option)
    assert str(error.value).startswith('--cfg-options ')
    assert message in str(error.value)


def test_modules_named_by_an_option_are_imported(tmp_path, monkeypatch):
    (tmp_path / 'named_by_option.py').write_text('')
    (tmp_path / 'c.py').write_text('model = dict()')
    monkeypatch.syspath_prepend(str(tmp_path))
    load_config(tmp_path / 'c.py', {'custom_imports.imports': ['named_by_option']})
    assert 'named_by_option' in sys.modules


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        (
            {'custom_imports.imports': ['not_there']},
            'Failed to import not_there; use custom',
        ),
        ({'custom_imports': 'not_there'}, 'custom_imports.imports=[MODULE]'),
        ({'custom_imports.imports': 3}, 'custom_imports must be a list'),
    ],
)
def test_modules_that_cannot_be_imported_are_named(tmp_path, option, message):
    (tmp_path / 'c.py').write_text('model = dict()')
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / 'c.py', option)
    assert str(error.value).startswith(f'{tmp_path / "c.py"}: --cfg-options custom_imports: ')
    assert message in str(error.value)


def test_modules_that_a_config_itself_cannot_import_are_named(tmp_path):
    (tmp_path / 'c.py').write_text("custom_imports = dict(imports=['not_there'])")
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / 'c.py')
    place = f"{tmp_path / 'c.py'}: custom_imports: No module named 'not_there': "
    assert str(error.value).startswith(place)
    assert '\n' not in str(error.value)
