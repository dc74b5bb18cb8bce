"""Real, small models behind every face, in float32 and in bfloat16 on whatever CPU it is."""

import json

import numpy as np
import pytest
import soundfile
import torch
from mmengine.registry import DefaultScope

from mmavl.apis import LocalizationInferencer, SeparationInferencer
from mmavl.demo.analysis import Analyst
from mmavl.registry import MODELS

from ..small_models import LOCALIZER as SMALL

CLASSES = ['cello', 'flute', 'piano', 'violin']
SPECTROGRAM = {'type': 'LogMelSpectrogram', 'sample_rate': 8000, 'n_fft': 512}
SPECTROGRAM |= {'win_length': 320, 'hop_length': 160}
LOCALIZER = {**SMALL, 'map_transforms': ['CellCorrespondence']}
SEPARATOR = {
    'type': 'MixAndSeparate',
    'localizer': LOCALIZER,
    'guidance': {'type': 'VisualGuidance'},
    'unet': {'type': 'SeparationUNet', 'channels': 4, 'levels': 4, 'out_channels': 4},
    'synthesizer': {'type': 'LinearSynthesizer', 'in_channels': 8, 'channels': 4},
    'window': 32 * 256 - 1,
    'rows': 32,
    'threshold': None,
}
BLIND = {'type': 'NMFMFCC', 'templates': 6, 'iterations': 5}


@pytest.fixture
def build(tmp_path):
    """Return a function that makes an inferencer, of the same weights each time."""

    def make(face, model, dtype):
        kind = (
            'AVDataPreprocessor'
            if face is LocalizationInferencer
            else 'SeparationDataPreprocessor'
        )
        preprocessor = {'type': kind, 'spectrogram': SPECTROGRAM}
        pipeline = [
            {'type': 'LoadFrame'},
            {'type': 'LoadAudio', 'sample_rate': 8000},
            {'type': 'Resize', 'size': (64, 64)},
            {'type': 'CropPadAudio', 'seconds': 0.6, 'crop': 'centre'},
            {'type': 'PackAVInputs'},
        ]
        dataset = {'type': 'AVDataset', 'ann_file': 'x', 'pipeline': pipeline}
        dataset['metainfo'] = {'classes': CLASSES}
        model = {**model, 'data_preprocessor': preprocessor}
        path = tmp_path / f'{model["type"]}.pth'
        if not path.exists():
            torch.manual_seed(0)
            with DefaultScope.overwrite_default_scope('mmavl'):
                state = MODELS.build(model).state_dict()
            torch.save({'state_dict': state}, path)
        cfg = {'model': model, 'test_dataloader': {'dataset': dataset}}
        weights = path if model['type'] != 'NMFMFCC' else None
        return face(cfg, weights, 'cpu', show_progress=False, dtype=dtype)

    return make


def layer_dtypes(net):
    """What convolutions give from now on."""
    seen = set()
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda m, i, out: seen.add(out.dtype))
    return seen


def clips(media):
    draw = np.random.default_rng(0)
    wave = media.tone(1.2) + draw.normal(0, 0.05, round(1.2 * media.RATE))
    return [
        (draw.integers(0, 255, (40, 50, 3), np.uint8), gain * wave, media.RATE)
        for gain in (0.2, 0.7)
    ]


@pytest.mark.parametrize('stage', ['alignment', 'category', 'correspondence'])
def test_bfloat16_localizes_as_float32_and_saves_the_same_files(build, media, stage, tmp_path):
    results = {}
    for dtype in ('float32', 'bfloat16'):
        localize = build(LocalizationInferencer, {**LOCALIZER, 'stage': stage}, dtype)
        seen = layer_dtypes(localize.model)
        results[dtype] = localize(clips(media), out_dir=tmp_path / dtype)['predictions']
        assert seen == {getattr(torch, dtype)}
    for exact, fast in zip(*results.values()):
        assert fast.audio_probs == pytest.approx(exact.audio_probs, abs=0.01)
        assert fast.visual_probs == pytest.approx(exact.visual_probs, abs=0.01)
        assert fast.correspondence == pytest.approx(exact.correspondence, abs=0.02)
        for label in exact.maps.keys() & fast.maps.keys():
            assert fast.maps[label].dtype == np.float32
            error = np.abs(fast.maps[label] - exact.maps[label]).mean()
            assert error <= 0.05 * exact.maps[label].max()
    files = [sorted(p.name for p in (tmp_path / d).iterdir()) for d in results]
    assert files[0] == files[1]


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_a_video_is_annotated(build, clip, dtype, tmp_path):
    localize = build(LocalizationInferencer, LOCALIZER, dtype)
    frames = localize.annotate(
        clip, tmp_path / 'out.mp4', windows_file=tmp_path / 'out.jsonl', rate=2
    )
    lines = (tmp_path / 'out.jsonl').read_text().splitlines()
    assert (frames, len(lines)) == (20, 4)
    assert all(0 < t['audio_prob'] < 1 for line in lines for t in json.loads(line)['tags'])


@pytest.mark.parametrize('model', [SEPARATOR, BLIND], ids=['guided', 'blind'])
def test_bfloat16_separates_as_float32_does(build, media, model, tmp_path):
    results = {}
    labels = {} if model is BLIND else {'labels': ['cello', 'piano']}
    for dtype in ('float32', 'bfloat16'):
        separate = build(SeparationInferencer, model, dtype)
        seen = layer_dtypes(separate.model)
        (found,) = separate(clips(media)[:1], out_dir=tmp_path / dtype, **labels)['predictions']
        assert seen == ({getattr(torch, dtype)} if model is SEPARATOR else set())
        results[dtype] = found.sources
    for name, exact in results['float32'].items():
        fast = results['bfloat16'][name]
        assert fast.dtype == np.float32
        assert np.abs(exact).max() > 0.01
        error = np.square(fast - exact).sum() / np.square(exact).sum()
        assert error < (1e-3 if model is SEPARATOR else 1e-12)
    written = sorted((tmp_path / 'bfloat16').glob('*.wav'))
    for path, wave in zip(written, results['bfloat16'].values(), strict=True):
        assert np.array_equal(soundfile.read(path, dtype='float32')[0], wave)


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_the_page_analyses(build, clip, dtype, tmp_path):
    localize = build(LocalizationInferencer, LOCALIZER, dtype)
    separate = build(SeparationInferencer, SEPARATOR, dtype)
    found = Analyst(localize, separate, rate=1)([clip], tmp_path)
    assert len(found.moments) == 2
    assert set(found.sounds) > {'mixture'}
    assert found.picture(1.0).dtype == np.uint8


def test_the_sentence_says_what_is_computed_in_and_an_unknown_name_is_refused(build):
    localize = build(LocalizationInferencer, LOCALIZER, 'bfloat16')
    assert str(localize.precision).startswith('in bfloat16, as set by dtype=bfloat16')
    with pytest.raises(ValueError, match="dtype must be 'auto', 'bfloat16' or 'float32', not 'b'"):
        build(LocalizationInferencer, LOCALIZER, 'b')
