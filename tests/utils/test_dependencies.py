import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest

from mmavl.utils import dependencies
from mmavl.utils.dependencies import check_openmmlab


@pytest.fixture
def install(monkeypatch):
    """Pretend that exactly these distributions are installed."""

    def pretend(*distributions):
        def version(name):
            if name not in distributions:
                raise PackageNotFoundError(name)
            return '1.0'

        monkeypatch.setattr(dependencies, 'version', version)

    return pretend


def test_one_family_is_fine(install):
    install('onedl-mmengine', 'onedl-mmcv')
    check_openmmlab()
    check_openmmlab('mmengine', 'mmcv')


def test_the_original_distribution_alone_is_fine_too(install):
    install('mmengine')
    check_openmmlab()


def test_a_missing_package_names_its_command(install):
    install('onedl-mmengine')
    with pytest.raises(ImportError, match=r'needs mmdet\. Run: pip install onedl-mmdetection'):
        check_openmmlab('mmengine', 'mmdet')


def test_both_families_over_each_other_are_reported(install):
    install('onedl-mmengine', 'mmengine')
    with pytest.raises(ImportError) as error:
        check_openmmlab()
    command = 'pip uninstall -y onedl-mmengine mmengine && pip install onedl-mmengine'
    assert command in str(error.value)


def test_only_the_packages_asked_for_are_checked(install):
    install('onedl-mmengine', 'onedl-mmcv', 'mmcv')
    check_openmmlab()
    with pytest.raises(ImportError, match='onedl-mmcv and mmcv are both installed'):
        check_openmmlab('mmcv')


def test_importing_the_package_stays_cheap():
    code = 'import sys, mmavl; sys.exit("torch" in sys.modules or "mmengine" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0
