import pytest

from mmavl.utils.shipped import find_config, shipped


def test_a_config_is_found_by_name_and_by_path(tmp_path):
    expected = shipped() / 'stage2_scenes.py'
    assert find_config('stage2_scenes') == find_config('stage2_scenes.py') == expected
    assert find_config('configs/stage2_scenes.py').samefile(expected)
    own = tmp_path / 'own.py'
    own.touch()
    assert find_config(str(own)) == own
    with pytest.raises(FileNotFoundError, match="did you mean 'stage2_scenes'"):
        find_config('stage2_scene')
