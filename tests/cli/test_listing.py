import json

import pytest

from mmavl.cli import listing, main
from mmavl.utils.shipped import shipped


@pytest.fixture
def configs(tmp_path, monkeypatch):
    """Configs of two models and two datasets."""
    for name, text in {
        'stage1_own.py': '# Stage 1 of ours.\n# More.\n',
        'peers/avc_own.py': '# A peer of X et al. In two\n# lines. More\n# here.\nx = 1  # no\n',
        'peers/README.md': '# Not a config',
        'bare.py': "model = dict(type='X')\n",
        '_base_/datasets/own_clips.py': '"""Clips of ours,\ne.g. Those.\n\nMore."""\n',
        '_base_/datasets/another.py': '#  Another one.  \n',
        '_base_/models/crnn.py': '# A part.\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(listing, 'shipped', lambda: tmp_path)
    monkeypatch.setattr('mmavl.utils.shipped.shipped', lambda: tmp_path)


def test_models_and_datasets_are_named_with_the_first_sentence_of_their_files(configs):
    assert list(listing.entries('models').items()) == [
        ('bare', ''),
        ('stage1_own', 'Stage 1 of ours.'),
        ('peers/avc_own', 'A peer of X et al. In two lines.'),
    ]
    assert list(listing.entries('datasets').items()) == [
        ('another', 'Another one.'),
        ('own_clips', 'Clips of ours, e.g. Those.'),
    ]


@pytest.mark.parametrize(
    ('pattern', 'names'),
    [
        ([], ['bare', 'stage1_own', 'peers/avc_own']),
        (['own'], ['stage1_own', 'peers/avc_own']),  # a part
        (['*_own'], ['stage1_own', 'peers/avc_own']),
        (['s*_own'], ['stage1_own']),
        (['stage?_own'], ['stage1_own']),
        (['stage[23]_own'], []),
        (['peers/*'], ['peers/avc_own']),
        (['avc_*'], ['peers/avc_own']),  # with folder or without
        (['Bare'], []),
        (['b?'], []),  # a wildcard is of the whole name
    ],
)
def test_a_pattern_is_of_the_whole_name_with_wildcards_else_a_part(
    configs, capsys, pattern, names
):
    assert main(['list', 'models', *pattern, '--json']) == int(not names)
    assert list(json.loads(capsys.readouterr().out)) == names


def test_names_are_aligned_with_their_lines(configs, capsys):
    assert main(['list', 'models', 'own']) == 0
    assert capsys.readouterr().out.splitlines() == [
        'stage1_own     Stage 1 of ours.',
        'peers/avc_own  A peer of X et al. In two lines.',
    ]


def test_protocols_are_described_by_grid_map_and_rule():
    found = listing.entries('protocols')
    assert found['original'] == '256 x 256, clip_max, above 0.1'
    assert found['half_max'] == '256 x 256, min_max, above 0.5'
    assert found['median'] == '224 x 224, min_max, by median'
    assert found['oracle_area'].startswith('256 x 256, min_max, by oracle_area; an upper bound')
    assert found['val_best'] == '256 x 256, min_max, above a threshold chosen on val'


def test_lists_are_filtered_by_wildcards_or_a_part(capsys):
    assert main(['list', 'models', 'stage?_scenes', '--json']) == 0
    assert list(json.loads(capsys.readouterr().out)) == ['stage1_scenes', 'stage2_scenes']
    assert main(['list', 'datasets', 'flickr']) == 0
    assert capsys.readouterr().out.startswith('soundnet_flickr     SoundNet-Flickr')
    assert main(['list', 'protocols', 'half*']) == 0
    assert capsys.readouterr().out == 'half_max  256 x 256, min_max, above 0.5\n'
    assert main(['list', 'models', 'zzz']) == 1
    assert "none of the models matches 'zzz'" in capsys.readouterr().err


def test_every_listed_model_is_a_config_with_a_sentence_about_it(capsys):
    assert main(['list', 'models', '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    assert {p.stem for p in shipped().glob('*.py')} <= set(found)
    assert all(line.endswith('.') for line in found.values())


def test_a_protocols_line_says_its_rule_and_marks_upper_bounds():
    rules = listing.entries('protocols')
    assert rules['slavc'] == '224 x 224, bicubic_corners, as_scored, at least 0.5'
    assert rules['lvs'] == '224 x 224, min_max, by median_strict'
    bounds = {name for name, rule in rules.items() if 'upper bound' in rule}
    assert bounds == {'oracle_area', 'oracle_adaptive'}
