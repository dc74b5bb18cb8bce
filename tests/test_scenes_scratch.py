"""The paper's own backbones and optimizer learn on real InstrumentScenes."""

import json
from pathlib import Path

import pytest

from mmavl.datasets.manifest import read_manifest, write_manifest
from mmavl.engine.launch import prepare_config, run_training

ROOT = Path(__file__).parents[1]
SCENES = ROOT / 'data/instrument_scenes'
CLIPS = 32
EPOCHS = 3


@pytest.fixture
def options(tmp_path):
    """A few dozen clips of the training split, and a few of val, under the media's own root."""
    if not (SCENES / 'train.json').is_file():
        pytest.skip(f'{SCENES} is not there: tools/dataset_converters/instrument_scenes.py')
    chosen = {'train_cfg.max_epochs': EPOCHS, 'default_hooks.visualization': None}
    chosen |= {'default_hooks.logger.interval': 1, 'log_processor.window_size': 1}
    for split, count in (('train', CLIPS), ('val', 4)):
        manifest = read_manifest(SCENES / f'{split}.json')
        manifest['data_list'] = manifest['data_list'][:count]
        write_manifest(tmp_path / f'{split}.json', manifest)
        chosen[f'{split}_dataloader.dataset.ann_file'] = str(tmp_path / f'{split}.json')
        chosen[f'{split}_dataloader.dataset.data_root'] = str(SCENES)
        chosen[f'{split}_dataloader.batch_size'] = 8
    return chosen


def losses_of_epochs(work_dir):
    """The mean of each loss over the first epoch and over the last."""
    (path,) = work_dir.glob('*/vis_data/scalars.json')
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records = [record for record in records if 'loss' in record]
    assert len(records) == EPOCHS * CLIPS // 8

    def mean(name, epoch):
        values = [record[name] for record in records if record['epoch'] == epoch]
        return sum(values) / len(values)

    names = [name for name in records[0] if name.startswith('loss')]
    return {name: (mean(name, 1), mean(name, EPOCHS)) for name in names}


@pytest.mark.slow
def test_the_losses_of_both_stages_fall(options, tmp_path):
    config = ROOT / 'configs/ablations/stage1_scenes_scratch.py'
    run_training(prepare_config(config, str(tmp_path / 'one'), options=options))
    losses = losses_of_epochs(tmp_path / 'one')
    for name in ('loss', 'loss_audio_tag', 'loss_visual_tag'):
        assert losses[name][1] < losses[name][0], name

    options['load_from'] = str(tmp_path / f'one/epoch_{EPOCHS}.pth')
    config = ROOT / 'configs/ablations/stage2_scenes_scratch.py'
    run_training(prepare_config(config, str(tmp_path / 'two'), options=options))
    losses = losses_of_epochs(tmp_path / 'two')
    for name in ('loss', 'loss_alignment'):
        assert losses[name][1] < losses[name][0], name
