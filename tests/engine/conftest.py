import itertools
from pathlib import Path

import pytest
from mmengine import Config
from mmengine.runner import runner as mmengine_runner

from mmavl.engine.config import load_config

TOY = Path(__file__).parent / 'toy'
_counter = itertools.count()


@pytest.fixture
def toy_dir(monkeypatch):
    """The folder of a tiny downstream project; its modules can be imported."""
    monkeypatch.syspath_prepend(str(TOY))
    # asking compilers for their version and formatting the config take longer than training
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))
    return TOY


@pytest.fixture
def make_cfg(toy_dir, tmp_path):
    """Return a function that loads the toy's config, for a folder and with options."""

    def make(work_dir: str = 'run', **options) -> Config:
        cfg = load_config(toy_dir / 'toy_config.py')
        cfg.merge_from_dict({key.replace('__', '.'): value for key, value in options.items()})
        cfg.work_dir = str(tmp_path / work_dir)
        # mmengine keeps loggers and message hubs by name, and names them by the second
        cfg.experiment_name = f'toy{next(_counter)}'
        return cfg

    return make
