import importlib.util
from pathlib import Path

import pytest

from mmavl.errors import DataError
from mmavl.preparation.instrument_scenes import sources

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


@pytest.mark.parametrize('text', ['train=x', 'train', 'trian=5', 'test=0', 'test=-1'])
def test_a_misspelt_size_is_named(tool, monkeypatch, capsys, text):
    monkeypatch.setattr('sys.argv', ['tool', '--sizes', text])
    with pytest.raises(SystemExit):
        tool.parse_args()
    assert f"'{text}' is not SPLIT=N" in capsys.readouterr().err


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
