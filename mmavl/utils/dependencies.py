"""Check that exactly one distribution of OpenMMLab's packages is installed."""

from importlib.metadata import PackageNotFoundError, version

_FAMILIES = {
    'mmengine': ('onedl-mmengine', 'mmengine'),
    'mmcv': ('onedl-mmcv', 'mmcv'),
    'mmdet': ('onedl-mmdetection', 'mmdet'),
}


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def check_openmmlab(*packages: str) -> None:
    """Raise, with the command to fix it, if OpenMMLab's packages are missing or duplicated.

    The maintained distributions (``onedl-*``) and the original ones install the same import
    names and overwrite each other's files, so having both breaks them.

    Args:
        *packages: Import names to check, of 'mmengine', 'mmcv' and 'mmdet'. Defaults to
            mmengine alone, the only one that the core needs.

    Raises:
        ImportError: A package is missing, or both of its distributions are installed.
    """
    for name in packages or ('mmengine',):
        maintained, original = _FAMILIES[name]
        if _installed(maintained) and _installed(original):
            raise ImportError(
                f'{maintained} and {original} are both installed and overwrite each other. Run: '
                f'pip uninstall -y {maintained} {original} && pip install {maintained}'
            )
        if not (_installed(maintained) or _installed(original)):
            raise ImportError(f'mmavl needs {name}. Run: pip install {maintained}')
