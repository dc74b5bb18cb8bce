"""CONTRIBUTING.md's example, run as it is printed."""

import re
import textwrap
from pathlib import Path

from mmavl.registry import MODELS

TEXT = (Path(__file__).parents[1] / 'CONTRIBUTING.md').read_text()


def test_the_example_component_passes_its_own_test():
    component, test = (
        textwrap.dedent(block) for block in re.findall(r'```python\n(.*?)```', TEXT, re.DOTALL)
    )
    try:
        exec(component, {'__name__': 'example'})
        names = {}
        exec(test, names)
        names['test_full_smoothing_is_indifferent_to_the_label']()
    finally:
        MODELS.module_dict.pop('SmoothTagLoss', None)


def test_the_files_it_names_exist():
    root = Path(__file__).parents[1]
    for name in ('mmavl/models/losses/__init__.py', 'mmavl/registry.py', 'tools/run_tests.sh'):
        assert name in TEXT
        assert (root / name).is_file()
