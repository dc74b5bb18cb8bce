"""Model files made to do harm: each refused in one line, and nothing happens but that."""

import json
import os
import resource
import struct
import sys
import types

import pytest
import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mmavl.cli.main import main
from mmavl.errors import CheckpointError
from mmavl.export.single_file import load_exported, save_exported
from mmavl.models.localizers import RandomLocalizer
from mmavl.registry import MODELS, TRANSFORMS

CLASSES = ['Cello', 'Flute']
PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 16000},
    {'type': 'Resize', 'size': [64, 64]},
    {'type': 'CropPadAudio', 'seconds': 2.0, 'crop': 'centre'},
    {'type': 'PackAVInputs'},
]
MODEL = {
    'type': 'CoarseToFine',
    'audio_backbone': {'type': 'CRNN', 'channels': [4, 4, 4, 4, 6]},
    'visual_backbone': {'type': 'TimmBackbone', 'name': 'resnet10t', 'out_indices': [3]},
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 2, 'in_channels': 12, 'hidden': 3},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 2, 'in_channels': 256},
    'disentangler': {'type': 'GradCAMDisentangler'},
    'data_preprocessor': {
        'type': 'AVDataPreprocessor',
        'spectrogram': {'type': 'LogMelSpectrogram', 'sample_rate': 16000},
    },
}


@pytest.fixture(scope='module')
def honest(tmp_path_factory):
    """A file that is all right."""
    path = tmp_path_factory.mktemp('honest') / 'model.safetensors'
    cfg = Config({'model': MODEL, 'test_dataloader': {'dataset': {'pipeline': PIPELINE}}})
    with DefaultScope.overwrite_default_scope('mmavl'):
        state = MODELS.build(cfg.model.to_dict()).state_dict()
    save_exported(path, cfg, state, CLASSES)
    return path


@pytest.fixture
def change(honest, tmp_path):
    """Return a function that writes the file again with another config or other metadata."""

    def write(edit=None, **metadata):
        path = tmp_path / 'x.safetensors'
        with safe_open(honest, 'pt') as file:
            found = file.metadata()
        config = json.loads(found['config'])
        if edit is not None:
            edit(config)
        found = {**found, 'config': json.dumps(config), **metadata}
        save_file(load_file(honest), path, found)
        return path

    return write


@pytest.fixture
def one_gigabyte():
    """Let the process take one gigabyte more than it has, and see that it takes far less."""
    with open('/proc/self/status') as file:
        now = next(int(line.split()[1]) for line in file if line.startswith('VmData')) * 1024
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    resource.setrlimit(resource.RLIMIT_DATA, (now + 2**30, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, limits)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 400_000  # KiB


def step(**transform):
    return lambda config: config['test_dataloader']['dataset']['pipeline'].insert(2, transform)


def at(path, value):
    """Set an entry of the config by its dotted path."""

    def edit(config):
        *parents, last = (int(key) if key.isdecimal() else key for key in path.split('.'))
        for key in parents:
            config = config[key]
        config[last] = value

    return edit


SHELL = {'args': 'touch ran', 'shell': True}
VISUAL, AUDIO = 'model.visual_backbone', 'model.audio_backbone'
MEL = 'model.data_preprocessor.spectrogram'
STEPS = 'test_dataloader.dataset.pipeline'


def deep(levels):
    value = 1
    for _ in range(levels):
        value = {'a': value}
    return value


EXECUTING = {
    'a transform that runs a shell': step(type='subprocess.check_output', **SHELL),
    'a transform that is a function': step(type='os.mkdir', path='ran'),
    'a transform of another library': step(type='mmengine.dataset.Compose', transforms=[]),
    'a transform inside another': step(
        type='AudioGain', decibels={'type': 'os.system', 'command': 'touch ran'}
    ),
    'a transform that the registry of models has': step(type='CoarseToFine'),
    'a transform without a name': step(type=['subprocess', 'check_output']),
    'a part of the model that is a function': at(
        'model.tag_loss', {'type': 'pathlib.Path.touch', 'self': 'ran'}
    ),
    'a model that is a function': at('model', {'type': 'subprocess.check_output', **SHELL}),
    'a part deep in a list': at(
        'model.audio_backbone.pools', [[{'type': 'os.mkdir', 'path': 'ran'}]]
    ),
    'a part of the root registry': at('model.tag_loss', {'type': 'BaseTTAModel'}),
    'a scope that imports a package': at('model._scope_', 'evil_module'),
    'a scope in a transform': step(type='AudioGain', _scope_='evil_module'),
    'a scope with a type': at('model.audio_backbone.type', 'evil_module.CRNN'),
    'a package of weights': at(f'{VISUAL}.weights', 'pkg://evil_module/a.pth'),
    'a package of labels': at(f'{VISUAL}.labels', 'pkg://evil_module/a.txt'),
    'weights of a local file': at(f'{VISUAL}.weights', 'secret'),
    'weights to be downloaded': at(f'{VISUAL}.pretrained', True),
    'a model of a hub': at(f'{VISUAL}.name', 'hf-hub:evil/model'),
    'a model of a folder': at(f'{VISUAL}.name', 'local-dir:/tmp/evil'),
    'a checkpoint of timm': at(f'{VISUAL}.checkpoint_path', 'secret'),
    'a teacher': at('model.tag_loss', {'type': 'CRNNTeacher', 'weights': 'a', 'labels': 'b'}),
    'a matrix from a file': at(
        'model.tag_loss', {'type': 'MatrixGroups', 'path': 'secret', 'groups': ['a']}
    ),
    'an initialisation': at(
        'model.init_cfg', {'type': 'Pretrained', 'checkpoint': '/tmp/evil.pth'}
    ),
    'imports inside the model': at('model.custom_imports', {'imports': ['evil_module']}),
    'a base inside the model': at('model._base_', '/tmp/evil.py'),
    'a key that deletes': at('model._delete_', True),
    'a path in an unknown argument': at(f'{VISUAL}.what', '../secret'),
    'an address in an unknown argument': at(f'{VISUAL}.what', 'http://localhost/x'),
    'a file in an unknown argument': at(f'{VISUAL}.what', 'secret.pth'),
}

GREEDY = {
    'a layer of 20 GB': at('model.audio_tag_head.hidden', 30_000),
    'a layer of 20 GB elsewhere': at(f'{AUDIO}.channels', [4, 4, 4, 30_000, 30_000]),
    'a layer that is not in the file': at('model.visual_tag_head.in_channels', 900_000_000),
    'a thousand layers': at(
        'model.visual_neck',
        {'type': 'ConvNeck', 'in_channels': 256, 'out_channels': 4096, 'num_layers': 100},
    ),
    'a model of a billion weights': at(f'{VISUAL}.name', 'resnetv2_152x4_bit'),
    'more layers than any model': at(
        'model.visual_neck', {'type': 'ConvNeck', 'in_channels': 1, 'num_layers': 10**5}
    ),
    'a window of gigabytes': at(f'{MEL}.n_fft', 2**31),
    'a filter bank of gigabytes': at(f'{MEL}.n_mels', 10**6),
    'a hop of nothing': at(f'{MEL}.hop_length', 0),
    'a hop of one on long sound': lambda config: (
        at(f'{MEL}.hop_length', 1)(config),
        at(f'{STEPS}.3.seconds', 120)(config),
    ),
    'a picture of gigabytes': at(f'{STEPS}.2.size', [100_000, 100_000]),
    'maps of gigabytes': at('model', {'type': 'RandomLocalizer', 'grid': [10**5, 10**5]}),
    'a year of silence': at(f'{STEPS}.3.seconds', 3e7),
    'a rate of gigahertz': at(f'{STEPS}.1.sample_rate', 10**9),
    'a rate of nothing': at(f'{STEPS}.1.sample_rate', 0),
    'rates without a divisor': at(f'{STEPS}.1.sample_rate', 383_999),
    'a number of thousands of digits': at('model.valid_threshold', 10**4000),
    'an infinite number': at('model.valid_threshold', 1e300),
    'a text of a megabyte': at(f'{VISUAL}.name', 'x' * 900_000),
    'a hundred thousand values': at(f'{AUDIO}.channels', [1] * 100_000),
    'a tree of depth 40': at('model.tag_loss', deep(40)),
}

BROKEN = {
    'no model': lambda config: config.pop('model'),
    'a model that is a list': at('model', [1]),
    'a model without a type': lambda config: config['model'].pop('type'),
    'a part instead of a model': at('model', {'type': 'TagLoss'}),
    'a transform instead of a model': at('model', {'type': 'Resize'}),
    'an argument that nothing takes': at('model.surprise', 1),
    'an argument of another type': at(f'{AUDIO}.channels', 'abc'),
    'a negative width': at(f'{AUDIO}.channels', [4, 4, 4, 4, -6]),
    'classes of another number': at('model.visual_tag_head.num_classes', 3),
    'a pipeline that is a number': at(STEPS, 3),
    'a pipeline of numbers': at(STEPS, [3]),
    'a transform that lacks its argument': step(type='CropPadAudio'),
    'a key of several lines': at('model.a\nb', 1),
}


@pytest.mark.parametrize('name', [*EXECUTING, *GREEDY, *BROKEN])
def test_a_hostile_config_is_refused_in_one_line_and_nothing_is_done(
    name, change, tmp_path, monkeypatch, one_gigabyte
):
    (tmp_path / 'evil_module.py').write_text('import os\nos.mkdir("ran")\n')
    (tmp_path / 'secret').write_text('secret')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    path = change({**EXECUTING, **GREEDY, **BROKEN}[name])
    before = {*os.listdir()}
    with pytest.raises(CheckpointError) as error:
        load_exported(path)
    message = str(error.value)
    assert '\n' not in message
    assert 'x.safetensors' in message
    assert len(message) < 1000
    assert 'evil_module' not in sys.modules
    assert {*os.listdir()} == before  # neither 'ran' nor the cache of an import


@pytest.mark.parametrize(
    'metadata',
    [
        {'config': '['},
        {'config': '[' * 500_000},
        {'config': '{"model": NaN}'},
        {'config': '{"model": {}, "model": {}}'},
        {'config': '{"model": ' + '9' * 5000 + '}'},
        {'config': ' ' * 2_000_000 + '{}'},
        {'format_version': '9' * 5000},
        {'format_version': 'one'},
        {'classes': '3'},
        {'classes': '[]'},
        {'classes': '["Cello", 3]'},
        {'classes': '["Cello", "Cello"]'},
        {'classes': '{"a": 1}'},
        {'classes': '["a", "<b>\\n"]'},
        {'classes': json.dumps(['a', 'b' * 1000])},
    ],
    ids=lambda metadata: f'{next(iter(metadata))} {next(iter(metadata.values()))[:20]}',
)
def test_hostile_metadata_is_refused_in_one_line(metadata, change, one_gigabyte):
    with pytest.raises(CheckpointError, match=r'x\.safetensors') as error:
        load_exported(change(**metadata))
    assert len(str(error.value).splitlines()) == 1


def test_a_header_that_promises_more_than_the_file_has_is_refused(honest, tmp_path):
    content = honest.read_bytes()
    for size in (0, 2**20, 2**40, 2**63):
        path = tmp_path / 'x.safetensors'
        path.write_bytes(struct.pack('<Q', size) + content[8:])
        with pytest.raises(CheckpointError, match=r'x\.safetensors is damaged'):
            load_exported(path)


def test_the_command_says_it_in_one_line(change, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = change(EXECUTING['a transform that runs a shell'])
    (tmp_path / 'clip.mp4').write_bytes(b'not empty')
    with pytest.raises(SystemExit) as ended:
        sys.exit(main(['localize', 'clip.mp4', '--weights', str(path), '--out', 'out']))
    assert ended.value.code not in (0, None)
    said = (capsys.readouterr().err + str(ended.value.code)).strip()
    assert "unknown component 'subprocess.check_output'" in said
    assert 'Traceback' not in said
    assert not (tmp_path / 'ran').exists()


def test_only_what_inference_needs_is_taken(change):
    def edit(config):
        config.update(
            custom_imports={'imports': ['no_such_module']}, work_dir='/etc', load_from='x.pth',
            train_dataloader={'dataset': {'type': 'os.system', 'command': 'touch ran'}},
            default_hooks={'type': 'os.mkdir'}, _base_='/etc/passwd', filename='x', text='y',
        )  # fmt: skip
        dataset = config['test_dataloader']['dataset']
        dataset.update(type='os.system', ann_file='/etc/passwd', data_root='/')
        config['test_dataloader'] = {'dataset': {'type': 'x', 'dataset': dataset}}

    model = load_exported(change(edit))
    assert {*model.cfg} == {'model', 'test_dataloader'}
    assert {*model.cfg.test_dataloader.dataset} == {'pipeline'}
    assert model.cfg.test_dataloader.dataset.pipeline == PIPELINE


def test_components_of_a_project_of_ones_own_are_known_once_they_are_registered(
    change, monkeypatch
):
    def edit(config):
        config['model']['type'] = 'LocalizerOfMyOwn'
        config['test_dataloader']['dataset']['pipeline'].append({'type': 'StepOfMyOwn', 'a': 3})

    path = change(edit)
    with pytest.raises(CheckpointError, match=r"'LocalizerOfMyOwn'; import the package"):
        load_exported(path)
    own = type('LocalizerOfMyOwn', (MODELS.get('CoarseToFine'),), {})
    monkeypatch.setitem(MODELS.module_dict, 'LocalizerOfMyOwn', own)
    with pytest.raises(CheckpointError, match=r"'StepOfMyOwn'; .*mmavl\.registry\.TRANSFORMS"):
        load_exported(path)
    monkeypatch.setitem(TRANSFORMS.module_dict, 'StepOfMyOwn', types.SimpleNamespace)
    assert isinstance(load_exported(path), own)


def test_the_honest_file_loads_within_the_same_memory(honest, one_gigabyte):
    assert not isinstance(load_exported(honest), RandomLocalizer)
    assert torch.get_default_dtype() == torch.float32
