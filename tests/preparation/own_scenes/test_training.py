"""The configs of InstrumentScenes train on scenes of one's own material."""

import json
from pathlib import Path

from mmavl.engine.launch import prepare_config, run_training

ROOT = Path(__file__).parents[3]
SPLITS = ('train', 'val', 'test')


def test_stage_1_of_the_scenes_trains_on_it(built, tmp_path):
    options = {'train_cfg.max_epochs': 1, 'train_dataloader.batch_size': 8}
    options |= {'default_hooks.visualization': None}
    for split in SPLITS:
        options[f'{split}_dataloader.dataset.data_root'] = str(built)
        options[f'{split}_dataloader.dataset.tag_level'] = 'class'
    config = ROOT / 'configs/stage1_scenes.py'
    run_training(prepare_config(config, str(tmp_path / 'run'), options=options))
    (path,) = (tmp_path / 'run').glob('*/vis_data/scalars.json')
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert any('half_max/pointing' in key for record in records for key in record)
    assert (tmp_path / 'run/epoch_1.pth').is_file()
