"""Configs of installed packages as bases of other configs.

MMEngine looks up ``_base_ = 'package::name.py'`` in a fixed list of OpenMMLab's packages, imports
pure-Python bases from another folder than ``mim`` installs configs to, and refuses bases of the
other style. :func:`find_package_configs` makes it find the configs of any package, with or
without ``.mim``, and lets a pure-Python config inherit from a config with ``_base_``.
"""

import errno
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.config import config as _mmengine
from mmengine.config.utils import MODULE2PACKAGE


def package_folder(package: str) -> Path | None:
    """The folder with a package's ``configs``: its ``.mim``, else its own; None if it has none."""
    spec = find_spec(package)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        for folder in (Path(root, '.mim'), Path(root)):
            if (folder / 'configs').is_dir():
                return folder
    return None


@cache
def find_package_configs() -> None:
    """Make MMEngine's ``Config.fromfile`` find the configs of installed packages."""
    by_name, pure, installed = (
        Config._get_cfg_path,
        Config._parse_lazy_import,
        _mmengine.get_installed_path,
    )

    def get_cfg_path(cfg_path: str, filename: str) -> tuple[str, str | None]:
        package, colons, name = cfg_path.partition('::')
        if not colons or package in MODULE2PACKAGE:
            return by_name(cfg_path, filename)
        return str(_named(package, name)), None

    def parse_lazy_import(filename: str) -> tuple[ConfigDict, set[str]]:
        if Config._is_lazy_import(filename) or '_base_' not in Path(filename).read_text('utf-8'):
            return pure(filename)
        content: dict[str, Any] = Config._file2dict(filename, lazy_import=False)[0]
        return ConfigDict(content), set()

    def get_installed_path(package: str) -> str:
        folder = None if package in MODULE2PACKAGE else package_folder(package)
        return str(folder) if folder else installed(package)

    Config._get_cfg_path = staticmethod(get_cfg_path)
    Config._parse_lazy_import = staticmethod(parse_lazy_import)
    _mmengine.get_installed_path = get_installed_path


def _named(package: str, name: str) -> Path:
    """The file of ``package::name``.

    Raises:
        ModuleNotFoundError: The package is not installed, or has no configs.
        FileNotFoundError: It has no such config.
    """
    folder = package_folder(package)
    if folder is None:
        problem = 'has no configs' if find_spec(package) else 'is not installed'
        raise ModuleNotFoundError(f'_base_ {package}::{name}: {package} {problem}')
    path = folder / 'configs' / name
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return path
