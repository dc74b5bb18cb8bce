import pytest
from torch.utils.data import DataLoader, Dataset

from mmavl.engine.user_errors import clear_errors
from mmavl.errors import CheckpointError, ConfigError, DataError


@pytest.mark.parametrize(
    ('error', 'code'),
    [
        (ConfigError('a: b'), 2),
        (CheckpointError('of another model'), 2),
        (FileNotFoundError('c.py'), 2),
        (DataError('x.wav'), 1),
        (FloatingPointError('nan'), 1),
        (OSError('full'), 1),
    ],
)
def test_an_error_of_the_users_ends_with_one_line_and_whether_it_was_refused(error, code, capsys):
    with pytest.raises(SystemExit, match=f'^error: {error}$') as stop, clear_errors():
        raise error
    assert stop.value.code == code
    assert capsys.readouterr().err == f'error: {error}\n'


class BrokenClip(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        try:
            raise OSError('the cause')
        except OSError as error:
            raise DataError("x.wav is an empty file (clip 'x')") from error


def test_an_error_of_a_loading_process_ends_with_one_line_too():
    with pytest.raises(SystemExit) as stop, clear_errors():
        list(DataLoader(BrokenClip(), num_workers=1))
    assert str(stop.value) == "error: x.wav is an empty file (clip 'x')"
    assert stop.value.code == 1


def test_an_error_of_ours_keeps_its_traceback():
    with pytest.raises(AttributeError), clear_errors():
        raise AttributeError('a bug')
