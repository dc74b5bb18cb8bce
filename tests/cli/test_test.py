import pytest

from mmavl.cli.test import main, parse_args
from mmavl.engine import launch


@pytest.fixture
def given(monkeypatch, tmp_path):
    """What the command gives to ``run_test``."""
    calls = []
    monkeypatch.setattr(launch, 'requested_config', lambda args: args.config)
    monkeypatch.setattr(launch, 'run_test', lambda *args: calls.append(args))
    for name in ('c.py', 'x.pth'):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return calls


def test_options_reach_the_test(given):
    main(['c.py', 'x.pth', '--protocol', 'lvs', 'ez_vsl', '--show-dir', 'p', '--out', 'd.npz'])
    assert given == [('c.py', 'x.pth', ['lvs', 'ez_vsl'], 'p', 'd.npz', None, False)]


@pytest.mark.parametrize(
    ('words', 'clips'), [(['--probe-audio'], 100), (['--probe-audio', '7'], 7)]
)
def test_the_probe_takes_a_number_of_clips_or_100(given, words, clips):
    main(['c.py', *words])
    assert given[0][-2] == clips


def test_missing_samples_can_be_allowed(given):
    main(['c.py', '--allow-missing'])
    assert given[0][-1] is True


@pytest.mark.parametrize('clips', ['0', '-3', 'many'])
def test_a_probe_of_no_clips_is_refused(clips, capsys):
    with pytest.raises(SystemExit) as end:
        parse_args(['c.py', f'--probe-audio={clips}'])
    assert end.value.code == 2
    assert f"'{clips}' is not a whole number above 0" in capsys.readouterr().err
