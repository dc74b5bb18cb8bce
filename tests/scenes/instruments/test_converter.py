import importlib.util
import json
from pathlib import Path

import pytest

from mmavl.errors import DataError
from mmavl.scenes.build import build_splits
from mmavl.scenes.instruments import sources
from mmavl.scenes.instruments.spec import InstrumentSpec

TOOL = Path(__file__).parents[3] / 'tools/dataset_converters/instrument_scenes.py'


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location('instrument_scenes_tool', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_default_sizes_are_those_of_the_published_figures(tool, monkeypatch):
    monkeypatch.setattr('sys.argv', ['tool', '--sizes', 'val=20', 'train=60'])
    args = tool.parse_args()
    assert tool.SIZES == {'train': 4000, 'val': 140, 'test': 430, 'test_shift': 430}
    assert dict(args.sizes) == {'val': 20, 'train': 60}
    assert args.splits == ['train', 'val', 'test', 'test_shift']
    assert args.seed == 0


def test_effects_are_in_the_manifest_only_where_there_are_any():
    plain, wet = (InstrumentSpec('val', 2, 0, {}, augment=names) for names in ([], ['reverb']))
    assert 'augment' not in plain.metainfo()
    assert wet.metainfo() == {**plain.metainfo(), 'augment': ['reverb']}


def test_a_folder_begun_without_effects_is_not_continued_with_some(tmp_path):
    (tmp_path / 'val').mkdir()
    stamp = {'split': 'val', 'size': 2, 'seed': 0, 'versions': {}, 'recipe': 1}
    (tmp_path / 'val/build.json').write_text(json.dumps(stamp))  # as before there were any
    spec = InstrumentSpec('val', 2, 0, {}, augment=['reverb'])
    with pytest.raises(DataError, match=r"built with augment \[\], not \['reverb'\]"):
        next(build_splits(tmp_path, [spec], load=dict))


@pytest.mark.parametrize('text', ['train=x', 'train', 'trian=5', 'test=0', 'test=-1'])
def test_a_misspelt_size_is_named(tool, monkeypatch, capsys, text):
    monkeypatch.setattr('sys.argv', ['tool', '--sizes', text])
    with pytest.raises(SystemExit):
        tool.parse_args()
    assert f"'{text}' must be SPLIT=N" in capsys.readouterr().err


@pytest.mark.parametrize(
    ('error', 'said'),
    [
        (DataError('toy 1.0 has no file a'), 'error: toy 1.0 has no file a'),
        (OSError(28, 'No space left on device', 'a.deb'), 'error: [Errno 28] No space left'),
        (KeyboardInterrupt(), 'interrupted: run the same command again'),
        (ModuleNotFoundError("No module named 'resvg_py'"), 'Run: pip install resvg_py'),
    ],
)
def test_what_goes_wrong_is_one_line(tool, monkeypatch, error, said):
    def fails(npm):
        raise error

    monkeypatch.setattr(sources, 'fetch_materials', fails)
    monkeypatch.setattr('sys.argv', ['tool'])
    with pytest.raises(SystemExit) as raised:
        tool.main()
    assert said in raised.value.code
