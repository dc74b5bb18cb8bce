"""What a user sees who makes a mistake, or whose disk is full: one line, and nothing half done."""

import re
from pathlib import Path

import pytest
import torch

from mmavl.datasets.manifest import read_manifest
from mmavl.reports import read_run

ROOT = Path(__file__).parents[2]
TOY = ROOT / 'tests/engine/toy/toy_config.py'

CONFIG = """
_base_ = '{base}'
model = dict(type='RandomLocalizer', data_preprocessor=dict(type='AVDataPreprocessor'))
test_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='AVDataset',
        data_root='{root}',
        ann_file='test.json',
        pipeline=[dict(type='LoadFrame'), dict(type='LoadAudio'), dict(type='PackAVInputs')],
        test_mode=True,
    ),
)
test_evaluator = dict(type='LocalizationMetric')
test_cfg = dict()
"""


@pytest.fixture
def localizer(tmp_path, tiny_manifest):
    """A config of a localizer without weights, and four clips."""
    base = ROOT / 'configs/_base_/default_runtime.py'
    path = tmp_path / 'localizer.py'
    path.write_text(CONFIG.format(base=base, root=tiny_manifest.parent), encoding='utf-8')
    return path


def error_of(ended, code=1):
    """The error's line; checks that it is the last one and that no traceback stands before it."""
    assert ended.code == code
    assert 'Traceback' not in ended.stderr
    line = ended.stderr.strip().splitlines()[-1]
    assert line.startswith('error: ')
    return line.removeprefix('error: ')


@pytest.mark.parametrize(
    ('tool', 'option', 'message'),
    [
        (
            'train.py',
            'model.type=ToyModle',
            "model: no model is called 'ToyModle'; did you mean 'ToyModel'?",
        ),
        ('train.py', 'model.widht=3', "model: ToyModel has no argument 'widht'; did you"),
        ('test.py', 'modle.width=3', "--cfg-options modle.width: no such key; did you mean 'mod"),
        ('test.py', 'test_cfg.dtype=float8', "test_cfg: dtype must be 'auto', 'bfloat16' or 'flo"),
        (
            'test.py',
            'visualizer.type=AVVisualiser',
            "visualizer: no visualizer is called 'AVVisualiser'; did you mean 'AVVisualizer'?",
        ),
    ],
)
def test_a_mistake_in_a_config_ends_with_config_place_and_the_nearest_name(
    run_tool, tool, option, message
):
    ended = run_tool(tool, TOY, '--work-dir', 'run', '--cfg-options', option)
    assert error_of(ended, 2).startswith(f'{TOY}: {message}')


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('model.type.x=1', "--cfg-options model.type.x: model.type is 'ToyModel' and has no keys"),
        ('custom_imports.imports=[not_there]', '--cfg-options custom_imports: Failed to import n'),
        ('optim_wrapper.optimizer.lr=1e-3x', "optim_wrapper.optimizer: lr='1e-3x' must be float"),
        ('train_cfg.max_epochs=two', "train_cfg: max_epochs='two' must be int"),
        (
            'train_dataloader.batch_size=64 train_dataloader.drop_last=True',
            'train_dataloader: no batches with batch_size=64',
        ),
        ('default_hooks.checkpoint.save_best=half_max/evaluated', "default_hooks.checkpoint: 'ha"),
    ],
)
def test_a_slip_in_an_option_ends_with_config_and_place(run_tool, option, message):
    ended = run_tool('train.py', TOY, '--work-dir', 'run', '--cfg-options', *option.split())
    assert error_of(ended, 2).startswith(f'{TOY}: {message}')


TOOLS_WITH_OPTIONS = [
    path.relative_to(ROOT / 'tools').as_posix()
    for path in sorted((ROOT / 'tools').rglob('*.py'))
    if re.search('--cfg-options|add_run_options|cli.(train|test) ', path.read_text('utf-8'))
]


@pytest.mark.parametrize('tool', TOOLS_WITH_OPTIONS)
def test_in_every_tool_an_option_without_a_value_ends_with_one_line(run_tool, tool):
    ended = run_tool(tool, '--cfg-options', 'model.avc_head')
    assert ended.code == 2
    assert ended.stderr == "error: --cfg-options: 'model.avc_head' is not KEY=VALUE\n"


def test_the_tools_with_options_are_found():
    assert {'train.py', 'test.py', 'analysis/print_config.py'} <= set(TOOLS_WITH_OPTIONS)


def test_a_checkpoint_of_another_model_ends_with_what_differs(run_tool, tmp_path):
    state = {'layer.weight': torch.zeros(1, 1), 'layer.bias': torch.zeros(1)}
    torch.save({'state_dict': state}, tmp_path / 'other.pth')
    ended = run_tool('test.py', TOY, 'other.pth', '--cfg-options', 'model.width=2')
    assert ended.code == 2
    assert 'Traceback' not in ended.stderr
    said, what = ended.stderr.splitlines()[-2:]
    assert said == 'error: other.pth belongs to another model: none of its 2 tensors fit.'
    assert what.startswith('of another shape: layer.weight ([1, 1] instead of [2, 1]), layer.bias')


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}


@pytest.mark.parametrize(
    'name',
    [
        'predictions.npz',
        'pictures/contact_sheet.jpg',
        'pictures/test_level1_best_1.png',
        'work/results/test.json',
        'pictures/report.html',
    ],
)
def test_a_full_disk_names_the_file_and_leaves_nothing_half_written(
    run_tool, localizer, tmp_path, name
):
    ended = run_tool(
        'test.py', localizer, '--work-dir', 'work', '--show-dir', 'pictures',
        '--out', 'predictions.npz', full=f'.{Path(name).name}.',
    )  # fmt: skip
    message = error_of(ended)
    assert message.startswith('[Errno 28] No space left on device: ')
    assert message.endswith(f"{name}'")
    assert name not in files(tmp_path)
    assert not [path for path in files(tmp_path) if path.endswith('.tmp')]


def test_a_limit_on_the_size_of_files_is_reported_alike(run_tool, localizer, tmp_path):
    ended = run_tool('test.py', localizer, '--work-dir', 'work', largest=60_000)
    assert error_of(ended) == (
        f"[Errno 27] File too large: '{tmp_path / 'work/results/test/contact_sheet.jpg'}'"
    )
    assert not [path for path in files(tmp_path) if 'contact_sheet' in path]


def test_a_test_with_missing_samples_fails_or_says_how_many_were_evaluated(
    run_tool, localizer, tiny_manifest, tmp_path
):
    clip = read_manifest(tiny_manifest)['data_list'][1]
    (tiny_manifest.parent / clip['audio']).unlink()
    line = error_of(run_tool('test.py', localizer, '--work-dir', 'run'))
    assert clip['audio'] in line
    assert clip['clip_id'] in line
    assert not (tmp_path / 'run/results').exists()

    ended = run_tool('test.py', localizer, '--work-dir', 'run', '--allow-missing')
    assert ended.code == 0, ended.stderr
    total = len(read_manifest(tiny_manifest)['data_list'])
    assert (
        f'evaluated {total - 1} of {total} samples; missing: 1 x audio is missing' in ended.stdout
    )
    (record,) = read_run(tmp_path / 'run').tests
    part = record['evaluated']
    assert (part['samples'], part['of']) == (total - 1, total)
    assert list(part['missing'].values()) == [[clip['clip_id']]]
    page = (tmp_path / 'run/results' / record['split'] / 'report.html').read_text()
    assert f'run ({total - 1} of {total} samples)' in page
    assert 'Missing samples' in page
