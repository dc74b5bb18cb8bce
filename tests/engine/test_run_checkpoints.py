import os
import random
import shutil
from pathlib import Path

import pytest
import torch

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import run_training
from mmavl.engine.run_checkpoints import latest_checkpoint
from mmavl.errors import CheckpointError


def save(path, epoch, iteration, run=None, value=1.0):
    info = {} if run is None else {'mmavl_run': run}
    content = {
        'meta': {'epoch': epoch, 'iter': iteration},
        'state_dict': {'weight': torch.full((40,), value)},
        'message_hub': {'runtime_info': info},
    }
    path.parent.mkdir(exist_ok=True)
    torch.save(content, path)


@pytest.fixture
def run(tmp_path):
    """The folder of a run with two epochs of four iterations, the first with the later time."""
    for epoch in (1, 2):
        save(tmp_path / f'run/epoch_{epoch}.pth', epoch, 4 * epoch)
        os.utime(tmp_path / f'run/epoch_{epoch}.pth', (100 - epoch, 100 - epoch))
    (tmp_path / 'run/last_checkpoint').write_text(str(tmp_path / 'run/epoch_2.pth'))
    return tmp_path / 'run'


def flip_a_bit(path, seed=0):
    content = bytearray(path.read_bytes())
    chooser = random.Random(seed)
    content[chooser.randrange(len(content))] ^= 1 << chooser.randrange(8)
    path.write_bytes(content)


def flip_a_weight(path):
    content = path.read_bytes()
    start = content.index(torch.ones(40).numpy().tobytes())
    path.write_bytes(content[: start + 6] + b'\x81' + content[start + 7 :])


DAMAGE = {
    'empty': lambda path: path.write_bytes(b''),
    'truncated': lambda path: path.write_bytes(path.read_bytes()[:-300]),
    'cut in half': lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    'garbage': lambda path: path.write_bytes(random.Random(0).randbytes(2000)),
    'zeros': lambda path: path.write_bytes(bytes(path.stat().st_size)),
    'text': lambda path: path.write_text('<html>404</html>'),
    'a flipped bit': flip_a_weight,
    'weights only': lambda path: torch.save({'weight': torch.ones(2)}, path),
    'nan': lambda path: save(path, 2, 8, value=float('nan')),
}


@pytest.mark.parametrize('damage', DAMAGE)
@pytest.mark.parametrize('pointer', [True, False])
def test_of_an_unusable_checkpoint_one_line_is_printed_and_the_one_before_taken(
    run, capsys, damage, pointer
):
    DAMAGE[damage](run / 'epoch_2.pth')
    if not pointer:
        (run / 'last_checkpoint').unlink()
    assert latest_checkpoint(run) == run / 'epoch_1.pth'
    line = capsys.readouterr().err
    assert line.startswith(f'warning: {run / "epoch_2.pth"} ')
    assert line.endswith(f'{run / "epoch_1.pth"} is used (epoch 1, iteration 4)\n')
    assert line.count('\n') == 1


def test_without_a_usable_checkpoint_training_does_not_start_again(run):
    (run / 'epoch_1.pth').write_bytes(b'')
    flip_a_weight(run / 'epoch_2.pth')
    with pytest.raises(CheckpointError, match=r'no checkpoint in .* can be used: .*epoch_1\.pth'):
        latest_checkpoint(run)


def test_a_folder_without_checkpoints_has_none(tmp_path):
    assert latest_checkpoint(tmp_path / 'nowhere') is None
    save(tmp_path / 'best_score_epoch_3.pth', 3, 12)  # has no state of the optimizer
    assert latest_checkpoint(tmp_path) is None


def test_what_a_checkpoint_holds_counts_and_not_its_name_time_or_pointer(run):
    (run / 'last_checkpoint').unlink()
    assert latest_checkpoint(run).name == 'epoch_2.pth'
    (run / 'last_checkpoint').write_text(str(run / 'epoch_1.pth'))  # killed before it was updated
    assert latest_checkpoint(run).name == 'epoch_2.pth'
    save(run / 'epoch_10.pth', 10, 40)
    save(run / 'epoch_9.pth', 9, 36)
    assert latest_checkpoint(run).name == 'epoch_10.pth'
    os.replace(run / 'epoch_10.pth', run / 'epoch_0.pth')
    assert latest_checkpoint(run).name == 'epoch_0.pth'


@pytest.mark.parametrize(
    ('epoch', 'iteration', 'newest'),
    [(2, 9, 'interrupted.pth'), (1, 7, 'epoch_2.pth'), (2, 8, 'interrupted.pth')],
)
def test_an_interrupted_checkpoint_counts_without_a_pointer(run, epoch, iteration, newest):
    save(run / 'interrupted.pth', epoch, iteration)
    (run / 'last_checkpoint').unlink()
    assert latest_checkpoint(run).name == newest


@pytest.mark.parametrize(
    'text', ['', '\0' * 40, 'epoch', '/', 'x' * 5000, 'moved/away/epoch_1.pth', '\udcff\n\n', '..']
)
def test_a_damaged_pointer_does_no_harm(run, text):
    (run / 'last_checkpoint').write_bytes(text.encode(errors='surrogateescape'))
    assert latest_checkpoint(run).name == 'epoch_2.pth'


def test_a_copied_folder_is_resumed_from_itself(run, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(run, copy)
    assert latest_checkpoint(copy) == copy / 'epoch_2.pth'
    (copy / 'epoch_2.pth').unlink()
    assert latest_checkpoint(copy) == copy / 'epoch_1.pth'


def test_checkpoints_in_an_out_dir_are_found_by_the_pointer(run, tmp_path):
    logs = tmp_path / 'logs'
    logs.mkdir()
    shutil.move(run / 'last_checkpoint', logs)
    assert latest_checkpoint(logs) == run / 'epoch_2.pth'
    (run / 'epoch_2.pth').write_bytes(b'')
    assert latest_checkpoint(logs) == run / 'epoch_1.pth'


def test_a_new_run_in_the_folder_of_an_older_and_longer_one_is_resumed(run):
    save(run / 'epoch_16.pth', 16, 64, run='old')
    save(run / 'epoch_3.pth', 3, 12, run='new')
    save(run / 'interrupted.pth', 3, 13, run='new')
    (run / 'last_checkpoint').write_text(str(run / 'epoch_3.pth'))
    assert latest_checkpoint(run).name == 'interrupted.pth'


def test_nothing_in_a_checkpoint_is_executed(run, tmp_path):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'harm'),)

    torch.save({'meta': {'epoch': 3, 'iter': 12}, 'x': Payload()}, run / 'epoch_3.pth')
    assert latest_checkpoint(run).name == 'epoch_2.pth'
    assert not (tmp_path / 'harm').exists()


def equal(first, second):
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(v, second[k]) for k, v in first.items())
    return first == second


def test_of_300_flipped_bits_none_changes_what_is_loaded(run):
    intact, whole = load_checkpoint(run / 'epoch_2.pth'), (run / 'epoch_2.pth').read_bytes()
    noticed = 0
    for seed in range(300):
        (run / 'epoch_2.pth').write_bytes(whole)
        flip_a_bit(run / 'epoch_2.pth', seed)
        if latest_checkpoint(run).name == 'epoch_1.pth':
            noticed += 1
        else:  # the bit is in the padding between tensors, or a date
            assert equal(load_checkpoint(run / 'epoch_2.pth'), intact)
    assert noticed > 100  # much of such a small file is padding


@pytest.mark.parametrize('damage', DAMAGE)
def test_training_continues_from_the_checkpoint_before(make_cfg, tmp_path, damage):
    options = {'train_cfg__max_epochs': 3, 'default_hooks__checkpoint__max_keep_ckpts': 3}
    run_training(make_cfg('straight', **options))
    shutil.copytree(tmp_path / 'straight', tmp_path / 'run')
    if damage == 'a flipped bit':
        flip = tmp_path / 'run/epoch_3.pth'
        content = bytearray(flip.read_bytes())
        weight = load_checkpoint(flip)['state_dict']['layer.weight'].numpy().tobytes()
        content[content.index(weight) + 1] ^= 4
        flip.write_bytes(content)
    else:
        DAMAGE[damage](tmp_path / 'run/epoch_3.pth')
    run_training(make_cfg('run', **options), resume='auto')
    first, second = (
        load_checkpoint(tmp_path / name / 'epoch_3.pth') for name in ('straight', 'run')
    )
    assert equal(first['state_dict'], second['state_dict'])


def test_a_copied_run_leaves_the_files_of_the_original_alone(make_cfg, tmp_path):
    def cfg(name, epochs):
        cfg = make_cfg(name, train_cfg__max_epochs=epochs)
        cfg.default_hooks.checkpoint.update(save_best='mean', rule='greater')
        return cfg

    run_training(cfg('run', 2))
    shutil.copytree(tmp_path / 'run', tmp_path / 'copy')
    before = {path: path.read_bytes() for path in (tmp_path / 'run').glob('*.pth')}
    run_training(cfg('copy', 12), resume='auto')
    assert before == {path: path.read_bytes() for path in (tmp_path / 'run').glob('*.pth')}
    best = list((tmp_path / 'copy').glob('best*'))
    assert len(best) == 1
    assert Path((tmp_path / 'copy/last_checkpoint').read_text()).parent == tmp_path / 'copy'


def test_the_name_of_a_run_stays_when_it_is_resumed_and_a_new_run_has_another(make_cfg, tmp_path):
    def name_of_run(folder, epoch):
        content = load_checkpoint(tmp_path / folder / f'epoch_{epoch}.pth')
        return content['message_hub']['runtime_info']['mmavl_run']

    run_training(make_cfg('run', train_cfg__max_epochs=1))
    run_training(make_cfg('run', train_cfg__max_epochs=2), resume='auto')
    run_training(make_cfg('other', train_cfg__max_epochs=1))
    names = [name_of_run('run', 1), name_of_run('run', 2), name_of_run('other', 1)]
    assert names[0] == names[1] != names[2]
