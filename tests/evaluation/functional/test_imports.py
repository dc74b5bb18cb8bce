import subprocess
import sys


def test_the_functions_and_the_scoring_need_no_mmengine():
    code = (
        'import sys, mmavl.evaluation.functional, mmavl.evaluation;'
        "sys.exit(any(m.split('.')[0] in ('mmengine', 'mmcv') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0
