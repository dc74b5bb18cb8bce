import pytest

from mmavl.errors import ConfigError
from mmavl.utils.devices import check_device


def test_a_device_of_another_machine_is_named_in_one_line():
    check_device('cpu')
    with pytest.raises(ConfigError, match=r"^device 'quantum' is not available: .*$"):
        check_device('quantum')
