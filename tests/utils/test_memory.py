import numpy as np

from mmavl.utils.memory import peak_memory


def test_the_peak_grows_with_what_is_allocated_and_stays():
    before = peak_memory()
    assert 2**24 < before < 2**37  # between 16 MB and 128 GB: it is in bytes
    values = np.ones(before // 8 + 2**24)
    after = peak_memory()
    assert after >= before + 2**26
    del values
    assert peak_memory() >= after
