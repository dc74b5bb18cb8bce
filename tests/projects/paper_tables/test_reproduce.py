import json
import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine import Config
from mmengine.runner import runner as mmengine_runner

from mmavl.evaluation import Prediction, evaluate_localization, read_predictions, write_predictions

TOOL = Path(__file__).parents[3] / 'tools/analysis/reproduce_table.py'
#: What a training saves, without any weights.
CHECKPOINT = {'meta': {'epoch': 4, 'iter': 8}, 'state_dict': {}}
METAINFO = {'dataset': 'toy', 'split': 'test', 'classes': ['Violin', 'Horn']}
BOX = [0.25, 0.25, 0.75, 0.75]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the tool's main with arguments in an empty folder; gives the rows it wrote."""
    monkeypatch.chdir(tmp_path)
    # asking compilers for their version and formatting the config take longer than the run
    monkeypatch.setattr(mmengine_runner, 'collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', property(lambda self: 'the config'))

    def main(number, data, *arguments):
        argv = ['reproduce_table.py', str(number), '--data', data, *map(str, arguments)]
        monkeypatch.setattr(sys, 'argv', argv)
        runpy.run_path(str(TOOL), run_name='__main__')
        record = json.loads(Path(f'work_dirs/tables/table{number}_{data}.json').read_text())
        return record.get('settings') or {row['title']: row for row in record['rows']}

    return main


@pytest.fixture
def dump(tmp_path):
    """Write a dump and a checkpoint of one or no bytes, older or newer than it."""

    def make(name, agnostic=False, checkpoint_age=None):
        folder = tmp_path / 'work_dirs' / name
        maps = np.zeros((1, 8, 8))
        maps[0, 2:6, 2:6] = 1.0  # exactly the box
        prediction = Prediction(
            'a',
            boxes=[BOX],
            box_labels=[0],
            box_sounding=[True],
            box_families=[0],
            maps=maps,
            map_labels=[-1 if agnostic else 0],
            pred_labels=[0],
            pred_tags=[0.9, 0.1],
            gt_tags=[1, 0],
        )
        write_predictions(folder / 'predictions.npz', [prediction], METAINFO)
        if checkpoint_age is not None:
            checkpoint = folder / 'epoch_4.pth'
            torch.save(CHECKPOINT, checkpoint)
            now = (folder / 'predictions.npz').stat().st_mtime
            os.utime(checkpoint, (now - checkpoint_age, now - checkpoint_age))
        return folder / 'predictions.npz'

    return make


def test_dumps_are_scored_under_every_protocol_beside_the_papers_and_trivial_rows(
    run, dump, capsys
):
    dump('avc_scenes', agnostic=True, checkpoint_age=10)
    path = dump('stage2_scenes', checkpoint_age=10)
    rows = run(2, 'scenes', '--dumps-only')
    predictions, metainfo = read_predictions(path)
    names = ['original', 'half_max', 'median', 'oracle_area', 'half_max/predicted']
    expected = evaluate_localization(predictions, metainfo, names).metrics
    ours = rows['Ours']
    assert ours['paper'] == [32.8, 38.3, 6.16, 23.9, 21.1, 22.0]
    assert ours['checkpoint'] == 'work_dirs/stage2_scenes/epoch_4.pth'
    assert {key: ours['metrics'][key] for key in expected} == expected
    assert rows['AVC']['metrics']['half_max/class_agnostic'] == 1
    # the box has a quarter of the frame, the disc a half and holds the box
    whole = rows['Whole image']['metrics']
    assert whole['original/level1_mean_ciou'] == pytest.approx(0.25)
    assert whole['half_max/predicted/level1_mean_ciou'] == pytest.approx(0.25)
    disc = rows['Centred disc']['metrics']
    assert disc['half_max/level1_mean_ciou'] == pytest.approx(0.5, abs=0.001)
    printed = capsys.readouterr().out
    assert printed.strip() == Path('work_dirs/tables/table2_scenes.md').read_text().strip()
    assert '| AVC † |' in printed
    assert '| Whole image † |' in printed
    assert '32.8 | 38.3' in printed


def test_a_row_without_a_checkpoint_names_the_commands_that_make_it(run, dump):
    dump('stage1_scenes', checkpoint_age=10)
    rows = run(2, 'scenes', '--dumps-only')
    note = rows['Ours']['note']
    assert note == 'no checkpoint; `mmavl train stage2_scenes` makes it'
    assert rows['AVC']['note'].endswith('`mmavl train avc_scenes` makes it')


def test_commands_name_what_a_stage_starts_from(run, dump, tmp_path):
    dump('random_flickr')
    rows = run(1, 'flickr', '--dumps-only')
    assert rows['Ours 20K']['note'] == (
        'no checkpoint; `mmavl train stage1_flickr_20k && mmavl train stage2_flickr_20k` makes it'
    )
    assert rows['DMC AudioSet']['note'] == 'no checkpoint; `mmavl train dmc_flickr` makes it'
    assert rows['DMC AudioSet']['paper'] == [41.6, 45.2]


def test_a_dump_older_than_its_checkpoint_is_not_taken(run, dump):
    dump('stage1_scenes', checkpoint_age=10)
    dump('stage2_scenes', checkpoint_age=-10)
    rows = run(2, 'scenes', '--dumps-only')
    assert rows['Multi-task']['metrics']
    assert rows['Ours']['metrics'] is None
    assert 'no dump in work_dirs/stage2_scenes is newer' in rows['Ours']['note']


def test_a_run_elsewhere_is_taken_by_the_name_of_its_config(run, dump, tmp_path):
    dump('stage1_scenes')
    path = dump('mine', checkpoint_age=10)
    rows = run(2, 'scenes', '--dumps-only', '--run', f'stage2_scenes={path.parent}/epoch_4.pth')
    assert rows['Ours']['checkpoint'].endswith('mine/epoch_4.pth')
    assert rows['Ours']['metrics']
    with pytest.raises(SystemExit, match='existing path'):
        run(2, 'scenes', '--run', 'stage2_scenes=nowhere')


def test_the_model_is_run_where_there_is_no_dump_and_not_again_where_there_is(
    run, tiny_manifest, tmp_path
):
    options = [
        '--protocol',
        'half_max',
        '--cfg-options',
        'test_dataloader.dataset.tag_level=class',
        f'test_dataloader.dataset.data_root={tiny_manifest.parent}',
    ]
    rows = run(2, 'scenes', *options)
    assert rows['Random']['metrics']['half_max/evaluated'] == 4
    dump = Path('work_dirs/random_scenes/predictions_test.npz')
    first = dump.stat().st_mtime_ns
    run(2, 'scenes', *options)
    assert dump.stat().st_mtime_ns == first
    later = first / 1e9 + 5
    os.utime(tiny_manifest, (later, later))
    run(2, 'scenes', *options)
    assert dump.stat().st_mtime_ns != first


def test_table_2_needs_boxes_with_classes(run):
    with pytest.raises(SystemExit, match="SoundNet-Flickr's have no class"):
        run(2, 'flickr')


def test_a_misspelt_protocol_is_one_clear_line(run):
    with pytest.raises(SystemExit, match="--protocol: unknown protocol 'half'"):
        run(2, 'scenes', '--protocol', 'half')


def test_without_any_run_the_trivial_rows_come_from_the_manifest_alone(run, tiny_manifest):
    for path in tiny_manifest.parent.glob('*.wav'):
        path.unlink()
    options = ['test_dataloader.dataset.tag_level=class']
    options += [f'test_dataloader.dataset.data_root={tiny_manifest.parent}']
    rows = run(2, 'scenes', '--dumps-only', '--cfg-options', *options)
    whole = rows['Whole image']['metrics']
    assert whole['original/evaluated'] == 4
    assert whole['original/level1_mean_ciou'] == pytest.approx(0.25)


def test_table_3_shows_each_run_beside_the_papers_figures_or_how_to_make_it(
    run, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr('mmavl.engine.measurement._fingerprint', lambda cfg: 'same')
    folder = tmp_path / 'work_dirs' / 'sound-of-pixels_scenes_multi'
    folder.mkdir(parents=True)
    torch.save(CHECKPOINT, folder / 'epoch_5.pth')
    metrics = {'separation/sdr': 4.5, 'separation/mixture/sdr': 0.25}
    record = {'settings': 'same', 'metrics': metrics, 'parameters': [10, 20], 'minutes': 7.5}
    (folder / 'separation_scenes_test.json').write_text(json.dumps(record))
    table = run(3, 'scenes', '--dumps-only')
    rows = {row['title']: row for row in table['multi']}
    assert rows['Sound-of-Pixels']['figures'] == {'sdr': 4.5}
    assert rows['Sound-of-Pixels']['paper'] == [6.05, 9.81, 12.4]
    assert rows['Mixture as estimate']['figures'] == {'sdr': 0.25}
    assert rows['CAVL']['note'].endswith(
        '`mmavl train cavl_scenes && mmavl train separation_scenes_cavl_multi` makes it'
    )
    single = {row['title']: row for row in table['single']}
    assert single['Sound-of-Pixels']['note'].endswith(
        '`mmavl train peers/sound-of-pixels_scenes` makes it'
    )
    assert single['Ours Visual']['note'] == (
        'no checkpoint; `mmavl train stage1_scenes_class && mmavl train stage2_scenes_class && '
        'mmavl train separation_scenes` makes it'
    )
    assert 'no localizer' in single['Ours Grad-CAM']['note']
    printed = capsys.readouterr().out
    assert '| Sound-of-Pixels | 4.50 |' in printed
    assert printed.strip() == Path('work_dirs/tables/table3_scenes.md').read_text().strip()


def test_a_row_without_a_config_is_said_to_be_the_papers_only_if_the_paper_has_it(run):
    notes = {row['title']: row['note'] for row in run(3, 'music', '--dumps-only')['single']}
    assert notes['NMF-MFCC'] == "the paper's figures only, mmavl has no config for it on MUSIC"
    assert notes['NMF-MFCC, named‡'] == 'mmavl has no config for it on MUSIC'


def test_each_table_names_the_data_it_can_be_made_of(run):
    with pytest.raises(SystemExit, match='Table 3: take --data scenes or music'):
        run(3, 'flickr')
    with pytest.raises(SystemExit, match='Table 1: take --data scenes, flickr, audioset'):
        run(1, 'music')
