import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOL = ROOT / 'tools/analysis/benchmark_dtype.py'
CONFIG = """
model = dict(
    type='CoarseToFine',
    data_preprocessor=dict(
        type='AVDataPreprocessor', spectrogram=dict(type='LogMelSpectrogram', sample_rate=8000),
    ),
    audio_backbone=dict(type='CRNN', channels=(2, 2, 2, 2, 2)),
    visual_backbone={visual},
    avc_head=dict(
        type='AVCHead',
        audio_branch=dict(type='AVCAudioBranch', in_channels=2, channels=8),
        visual_branch=dict(type='ConvNeck', in_channels=256, out_channels=8),
        channels=8,
    ),
)
train_dataloader = dict(batch_size=3)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadAudio', sample_rate=8000),
            dict(type='Resize', size=(32, 32)),
            dict(type='CropPadAudio', seconds=0.6),
        ]
    )
)
"""
PLAIN = "dict(type='TimmBackbone', name='resnet10t', out_indices=(3,))"


@pytest.fixture
def benchmark(monkeypatch, tmp_path):
    """The tool as a module, and a function that runs its main on a config's text."""
    spec = importlib.util.spec_from_file_location('benchmark_dtype', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def main(visual, *arguments):
        (tmp_path / 'c.py').write_text(CONFIG.format(visual=visual))
        words = [TOOL.name, tmp_path / 'c.py', '--steps', '2', *arguments]
        monkeypatch.setattr(sys, 'argv', [*map(str, words)])
        tool.main()

    tool.run = main
    return tool


@pytest.mark.parametrize('visual', [PLAIN, f"dict(type='CachedBackbone', backbone={PLAIN})"])
def test_both_formats_take_turns_and_their_medians_are_compared(
    benchmark, visual, capsys, monkeypatch
):
    inputs = []
    made = benchmark.random_batch
    monkeypatch.setattr(
        benchmark, 'random_batch', lambda *a: inputs.append(made(*a)['inputs']) or made(*a)
    )
    benchmark.run(visual, '--threads', 1)
    lines = capsys.readouterr().out.splitlines()[-3:]
    steps = [re.fullmatch(r'(\w+) +median (\d+) ms a step of 3 clips .*', x) for x in lines[:2]]
    assert [step[1] for step in steps] == ['float32', 'bfloat16']
    assert float(re.fullmatch(r'bfloat16 is (.+) times as fast', lines[2])[1]) > 0
    assert ('image_features' in inputs[0]) == ('CachedBackbone' in visual)
    assert ('image' in inputs[0]) != ('image_features' in inputs[0])
