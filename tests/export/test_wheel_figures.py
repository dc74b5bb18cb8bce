import json
import re
from pathlib import Path

import pytest

from mmavl.apis.model_names import wheel_weights
from mmavl.engine.checkpoint import load_state
from mmavl.engine.launch import prepare_config
from mmavl.engine.runner import AVRunner
from mmavl.export.trained_parts import frozen_parts
from mmavl.utils.metadata import read_metadata
from mmavl.utils.shipped import find_config
from mmavl.utils.tensor_files import read_tensor_file

SCENES = Path(__file__).parents[2] / 'data/instrument_scenes'
MEASURED = ('pointing', 'sfd/own', 'sfd/silent', 'level1_ciou', 'level2_ciou', 'level3_ciou')


@pytest.mark.slow
@pytest.mark.skipif(
    not (SCENES / 'test.json').is_file(), reason=f'the scenes are not built at {SCENES}'
)
@pytest.mark.parametrize('name', wheel_weights())
def test_a_model_of_the_wheel_has_the_figures_that_it_states(name, tmp_path):
    path = wheel_weights()[name]
    metadata = read_metadata(path)
    stated = json.loads(metadata['provenance'])['figures'].split('(')[0]
    options = {'test_dataloader.dataset.data_root': str(SCENES), 'load_from': None}
    config = find_config(metadata['config_name'])
    cfg = prepare_config(config, str(tmp_path), 'float32', options)
    runner = AVRunner.from_cfg(cfg)
    state = read_tensor_file(path)['state_dict']
    load_state(runner.model, state, name, strict=True, without=frozen_parts(runner.model))
    figures = runner.test()
    found = [100 * figures[f'half_max/{key}'] for key in MEASURED]
    numbers = [float(number) for number in re.findall(r'\d+\.\d', stated)]
    assert found == pytest.approx(numbers, abs=0.3)  # a source of 430 scenes
