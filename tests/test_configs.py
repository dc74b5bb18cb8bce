"""Every config builds, learns and predicts on random input, and survives a round trip.

Both formats run on every CPU: one without instructions for bfloat16 emulates it, slowly, so that
models of the same components run in it once.
"""

import re
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import Precision
from mmavl.utils.components import component_name
from mmavl.utils.weights import resolve_path

ROOT = Path(__file__).parents[1] / 'configs'
#: They have tests of their own.
OTHERS = ('separation_', 'real_')
OTHER_FOLDERS = {'_base_', 'detection', 'pseudo_labels'}


def is_localizer(path):
    """Whether a peer's config is of a localizer, and not of a separator."""
    return Config.fromfile(path).model.data_preprocessor.type == 'AVDataPreprocessor'


CONFIGS = [
    str(path.relative_to(ROOT))
    for path in sorted(ROOT.rglob('*.py'), key=lambda path: path.name)
    if not path.name.startswith(OTHERS)
    and not OTHER_FOLDERS & {*path.parts}
    and (path.parent.name != 'peers' or is_localizer(path))
]


def distinct(names):
    """Of configs with models of the same components, the first."""

    def types(node):
        if isinstance(node, dict):
            yield component_name(node.get('type', ''))
        for value in node.values() if isinstance(node, dict) else node:
            if isinstance(value, dict | list):
                yield from types(value)

    models = {frozenset(types(Config.fromfile(ROOT / n).model.to_dict())): n for n in names[::-1]}
    return [*models.values()]


RUNS = [(n, 'float32') for n in CONFIGS] + [(n, 'bfloat16') for n in distinct(CONFIGS)]


def load(name):
    """A config without what would be downloaded or may not be installed."""
    cfg = Config.fromfile(ROOT / name)
    for transform in cfg.model.get('map_transforms', ()):
        if not isinstance(transform, str):
            transform.get('backbone', {}).pop('pretrained', None)
    parts = ('audio_backbone', 'visual_backbone', 'audio_neck', 'visual_neck')
    heads = [cfg.model.get(f'{kind}_tag_head') or {} for kind in ('audio', 'visual')]
    for part in [
        *(cfg.model.get(key) or {} for key in parts),
        *(h.get('rows', {}) for h in heads),
    ]:
        part = part.get('backbone', part)
        part.pop('pretrained', None)
        try:
            resolve_path(part.get('weights') or __file__)
        except FileNotFoundError:
            part.weights = None
    return cfg


def random_batch(cfg):
    rate = cfg.model.data_preprocessor.get('spectrogram', {}).get('sample_rate', 22050)
    tagger = cfg.model.get('visual_tag_head') or {}
    names = cfg.model.get('num_classes', tagger.get('num_classes', 15))
    samples = []
    for index in range(2):
        sample = AVDataSample(metainfo={'clip_id': f'clip{index}'})
        sample.gt_tags = torch.zeros(names)
        sample.gt_tags[[index, 2]] = 1.0
        samples.append(sample)
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, 128, 128), dtype=torch.uint8, generator=generator)
    waveform = torch.rand(2 * rate, generator=generator) - 0.5
    inputs = {'image': [image, image.flip(1)], 'waveform': [waveform, waveform.flip(0)]}
    return {'inputs': inputs, 'data_samples': samples}


def in_two_views(batch):
    """The same clips twice, view by view, as :class:`ViewDataset` gives them."""
    samples = []
    for view in range(2):
        for sample in batch['data_samples']:
            samples.append(sample.clone())
            samples[-1].set_metainfo({'view': view})
    return {
        'inputs': {name: [*items, *items] for name, items in batch['inputs'].items()},
        'data_samples': samples,
    }


def check_steps(cfg, dtype='float32'):
    """A loss and a predict step."""
    init_default_scope('mmavl')
    precision = Precision.choose(dtype, 'cpu')
    torch.manual_seed(0)
    model = precision.prepare(MODELS.build(cfg.model))
    if hasattr(model, 'set_dictionary'):  # what an earlier stage leaves
        objects = torch.rand_like(model.dictionary)
        model.set_dictionary(objects, objects, torch.arange(len(objects)))
    with precision.autocast():
        batch = random_batch(cfg)
        if cfg.get('train_dataloader', {}).get('dataset', {}).get('type') == 'ViewDataset':
            batch = in_two_views(batch)
        batch = model.data_preprocessor(batch)
        losses = model(**batch, mode='loss')
    assert all(loss.dtype == torch.float32 for loss in losses.values())
    sum(losses.values()).backward()
    trained = [p for p in model.parameters() if p.requires_grad]
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in trained)
    with torch.no_grad(), precision.autocast():
        samples = model.eval()(**batch, mode='predict')
    for sample in samples:
        predicted = {**dict(sample.items()), 'maps': sample.pred_maps.data}
        tensors = [value for value in predicted.values() if torch.is_tensor(value)]
        assert {t.dtype for t in tensors if t.is_floating_point()} == {torch.float32}
        maps, labels = sample.pred_maps.data, sample.map_labels
        assert len(maps) == len(labels)
        assert torch.isfinite(maps).all()
        assert labels.tolist() == [-1] or {2} <= set(labels.tolist())


@pytest.mark.parametrize(('name', 'dtype'), RUNS)
def test_builds_and_takes_a_loss_and_a_predict_step(name, dtype):
    check_steps(load(name), dtype)


SWAPS = re.findall(
    r'^python tools/train\.py configs/(\S+) --cfg-options ([^`]*backbone\.name=[^`]*)```',
    (ROOT.parent / 'docs/swap_a_component.md').read_text().replace('\\\n', ' '),
    re.MULTILINE,
)


@pytest.mark.parametrize(('name', 'options'), SWAPS, ids=[name for name, _ in SWAPS])
def test_a_backbone_swapped_as_the_docs_say_takes_a_loss_and_a_predict_step(name, options):
    action = DictAction(['--cfg-options'], 'options', nargs='+')
    action(None, given := Namespace(options=None), options.split())
    cfg = load(name)
    cfg.merge_from_dict(given.options)
    backbone = cfg.model.visual_backbone
    backbone.get('backbone', backbone).pretrained = False
    check_steps(cfg)


def test_the_docs_swap_the_backbone_of_both_kinds_of_model():
    assert [name for name, _ in SWAPS] == ['stage1_audioset.py', 'stage1_scenes.py']


@pytest.mark.parametrize('name', CONFIGS)
def test_round_trips_through_its_dump(name, tmp_path):
    cfg = Config.fromfile(ROOT / name)
    cfg.dump(tmp_path / 'dump.py')
    assert Config.fromfile(tmp_path / 'dump.py').to_dict() == cfg.to_dict()


def names_only(node):
    """A config's dict in which a component of the pure-Python style has its bare name."""
    if isinstance(node, dict):
        return {
            key: component_name(value) if key == 'type' else names_only(value)
            for key, value in node.items()
        }
    return [names_only(item) for item in node] if isinstance(node, list) else node


def test_the_pure_python_style_says_the_same_as_strings_and_bases():
    pure = Config.fromfile(ROOT / 'ablations/stage2_scenes_pure.py')
    strings = Config.fromfile(ROOT / 'stage2_scenes.py')
    assert pure.model.alignment_head.type is MODELS.get('AlignmentHead')
    assert names_only(pure.to_dict()) == names_only(strings.to_dict())


def test_scenes_differ_from_audioset_by_data_backbones_schedule_and_extensions_only():
    scenes, audioset = Config.fromfile(ROOT / 'stage2_scenes.py'), load('stage2_audioset.py')
    added = scenes.model.keys() - audioset.model.keys()
    assert added == {'audio_neck', 'visual_neck', 'map_transforms'}
    assert scenes.model.type == audioset.model.type
    assert scenes.default_hooks == audioset.default_hooks
    assert scenes.test_evaluator == audioset.test_evaluator
