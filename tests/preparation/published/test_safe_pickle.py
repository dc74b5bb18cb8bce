import pickle
import tracemalloc

import numpy as np
import pytest

from mmavl.errors import DataError
from mmavl.preparation.published.safe_pickle import load_arrays


@pytest.mark.parametrize('protocol', [3, 4, 5])
def test_arrays_in_containers_are_read(tmp_path, protocol):
    path = tmp_path / 'a.pkl'
    value = {'x': [np.arange(6.0).reshape(2, 3), 'y'], 3: np.array([['83', '256']])}
    path.write_bytes(pickle.dumps(value, protocol))
    read = load_arrays(path)
    assert read['x'][0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read['x'][1] == 'y'
    assert read[3].tolist() == [['83', '256']]


def test_names_of_numpy_1_and_of_numpy_2_are_known(tmp_path):
    path = tmp_path / 'a.pkl'
    content = pickle.dumps(np.arange(3), 3)
    assert b'numpy._core.multiarray' in content
    path.write_bytes(content.replace(b'numpy._core.multiarray', b'numpy.core.multiarray'))
    assert load_arrays(path).tolist() == [0, 1, 2]


def test_code_is_refused_and_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (type(tmp_path).mkdir, (tmp_path / 'run',))

    path = tmp_path / 'evil.pkl'
    path.write_bytes(pickle.dumps({'x': Evil()}))
    with pytest.raises(DataError, match=r'evil\.pkl requests'):
        load_arrays(path)
    assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize('name', ['os.system', 'builtins.eval', 'numpy.load', 'numpy.save'])
def test_other_names_of_harmless_modules_are_refused_too(tmp_path, name):
    module, function = name.rsplit('.', 1)
    path = tmp_path / 'a.pkl'
    path.write_bytes(f"c{module}\n{function}\n(S'x'\ntR.".encode())
    with pytest.raises(DataError, match=f"requests '{name}'"):
        load_arrays(path)


def test_a_cut_or_foreign_file_names_itself(tmp_path):
    path = tmp_path / 'cut.pkl'
    path.write_bytes(pickle.dumps(np.arange(100))[:-40])
    with pytest.raises(DataError, match=r'cut\.pkl is not a pickle'):
        load_arrays(path)
    path.write_bytes(b'')
    with pytest.raises(DataError, match=r'cut\.pkl is not a pickle'):
        load_arrays(path)
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / 'missing.pkl')


@pytest.mark.parametrize(
    'content',
    [
        b'\x80\x02K\x01r\xff\xff\xff\x7f.',  # remembers a value at place 2147483647
        b'\x80\x02cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n'
        b'(J\xff\xff\xff\x7ftU\x01btR.',  # an array of 2147483647 values, none of them given
        b'\x80\x02cnumpy\nndarray\n(J\xff\xff\xff\x7ft\x81.',
    ],
)
def test_memory_that_the_file_does_not_fill_is_not_taken(tmp_path, content):
    path = tmp_path / 'bomb.pkl'
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r'bomb\.pkl'):
            load_arrays(path)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
