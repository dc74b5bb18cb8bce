"""Compare the time of training steps in float32 and bfloat16: ``benchmark_dtype.py CONFIG``.

python tools/analysis/benchmark_dtype.py configs/stage2_audioset.py --batch-size 8
python tools/analysis/benchmark_dtype.py configs/stage2_scenes.py

Clips are noise in the sizes of the config's pipeline. For a CachedBackbone, the batch has
random features in place of clips. Steps in the two formats alternate, so that other load on
the machine affects both equally. The first step of each is a warm-up and does not count.
"""

import argparse
import platform
import time
from statistics import median

import torch
from mmengine import Config
from mmengine.registry import init_default_scope

from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import config_errors, load_config
from mmavl.engine.optim_wrappers import AutocastOptimWrapper
from mmavl.engine.user_errors import clear_errors
from mmavl.export.onnx import input_sizes
from mmavl.models.backbones import CachedBackbone
from mmavl.models.localizers.base_localizer import BaseLocalizer
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.utils.weights import without_sources

DTYPES = ('float32', 'bfloat16')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config of a localizer')
    parser.add_argument('--batch-size', type=int, help="default: the config's")
    parser.add_argument('--steps', type=int, default=10, help='in each format; default: 10')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, help="of torch; default: torch's own")
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE')
    return parser.parse_args()


def build_model(cfg: Config) -> BaseLocalizer:
    """The config's model, with the same random weights each time."""
    torch.manual_seed(0)
    with config_errors(cfg, 'model'):
        return MODELS.build(without_sources(cfg.model.to_dict())).train()


def random_batch(cfg: Config, model: BaseLocalizer, size: int) -> dict:
    """A batch as the loader gives it to the model's preprocessor."""
    torch.manual_seed(0)
    samples, (height, width) = input_sizes(cfg)
    image = torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
    inputs = {'image': [image] * size, 'waveform': [torch.rand(samples) - 0.5] * size}
    small = {name: values[:1] for name, values in inputs.items()}
    ready = model.data_preprocessor({'inputs': small})['inputs']
    for modality, given, source, name in (
        ('audio', 'waveform', 'spectrogram', 'audio_features'),
        ('visual', 'image', 'image', 'image_features'),
    ):
        backbone = getattr(model, f'{modality}_backbone')
        if isinstance(backbone, CachedBackbone):
            del inputs[given]
            shape = backbone(ready[source]).shape[1:]
            inputs[name] = [torch.rand(shape, dtype=torch.float16) for _ in range(size)]
    return {'inputs': inputs, 'data_samples': random_samples(model, size)}


def random_samples(model: BaseLocalizer, size: int) -> list[AVDataSample]:
    """Samples with two of the model's classes each."""
    classes = model.visual_tag_head.fc.out_features if model.visual_tag_head else 2
    made = []
    for number in range(size):
        sample = AVDataSample(metainfo={'clip_id': f'clip{number}'})
        sample.gt_tags = torch.zeros(classes)
        sample.gt_tags[torch.randperm(classes)[:2]] = 1.0
        made.append(sample)
    return made


def measure(cfg: Config, size: int, steps: int, device: str) -> dict[str, list[float]]:
    """Seconds of each step, by format."""
    runs, seconds = {}, {dtype: [] for dtype in DTYPES}
    for dtype in DTYPES:
        model = build_model(cfg).to(device)
        batch = random_batch(cfg, model, size)
        trained = [p for p in model.parameters() if p.requires_grad]
        wrapper = AutocastOptimWrapper(dtype=dtype, optimizer=torch.optim.SGD(trained, lr=1e-4))
        wrapper.initialize_count_status(model, 0, steps + 1)
        runs[dtype] = model, batch, wrapper
    for _ in range(steps + 1):
        for dtype, (model, batch, wrapper) in runs.items():
            begin = time.perf_counter()
            float(model.train_step(batch, wrapper)['loss'].detach())  # waits for a GPU
            seconds[dtype].append(time.perf_counter() - begin)
    return {dtype: values[1:] for dtype, values in seconds.items()}


def main() -> None:
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    init_default_scope('mmavl')
    with clear_errors():
        cfg = load_config(args.config, args.cfg_options)
        size = args.batch_size or cfg.train_dataloader.batch_size
        seconds = measure(cfg, size, args.steps, args.device)
    print(f'{platform.machine()}, {args.device}, {torch.get_num_threads()} threads')
    medians = {dtype: median(values) for dtype, values in seconds.items()}
    for dtype, values in seconds.items():
        print(
            f'{dtype:8}  median {1000 * medians[dtype]:.0f} ms a step of {size} clips '
            f'({1000 * min(values):.0f} to {1000 * max(values):.0f})'
        )
    print(f'bfloat16 is {medians["float32"] / medians["bfloat16"]:.2f} times as fast')


if __name__ == '__main__':
    main()
