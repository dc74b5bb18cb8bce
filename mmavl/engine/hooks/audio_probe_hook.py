"""Probing after a test whether a localizer listens."""

from collections.abc import Iterator

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import BaseModel, is_model_wrapper
from mmengine.runner import Runner
from mmengine.runner.amp import autocast
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.evaluation.audio_probe import (
    BLIND,
    SOUNDS,
    audio_dependence,
    compare,
    whole_change,
)
from mmavl.evaluation.predictions import Prediction
from mmavl.evaluation.result_table import Column, ResultTable, Row
from mmavl.evaluation.targets import Target, target_map
from mmavl.models.localizers import BaseLocalizer
from mmavl.registry import DATASETS, HOOKS


@HOOKS.register_module()
class AudioProbeHook(Hook):
    """After a test, give pictures other sounds than their own, and measure what moves.

    The sounds are silence; noise as loud as the own sound; the next clip's (swapped); that of a
    clip none of whose tags is the picture's (off_screen); and that of another clip with the same
    tags (same_family). The metrics get ``probe/...``, see
    :func:`mmavl.evaluation.audio_probe.audio_dependence`: ``whole_change``, of the whole sound's
    map (a model that knows classes sums it over those that it predicts); ``map_change`` and
    ``peak_moved``, of the maps of the picture's classes; and ``score_change``, of their
    probabilities. ``mmavl test --probe-audio`` adds this hook.

    Args:
        clips (int): How many of the test's clips, evenly spread. Defaults to 100.
        seed (int): Of the noise and of the choice of clips. Defaults to 0.

    Raises:
        ConfigError: The model is not a localizer, or its input has no waveform.
    """

    def __init__(self, clips: int = 100, seed: int = 0) -> None:
        self.clips = clips
        self.seed = seed

    def after_test_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Probe, and add to the metrics."""
        if metrics is None or not is_main_process():
            return
        figures = self.probe(runner)
        metrics.update({f'probe/{name}': value for name, value in figures.items()})
        runner.logger.info('Does it listen?\n%s', describe(figures))

    def probe(self, runner: Runner) -> dict[str, float]:
        """Run the model on each picture with each sound."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        if not isinstance(model, BaseLocalizer):
            raise ConfigError(f'--probe-audio needs a localizer, not a {type(model).__name__}')
        dataset = DATASETS.build(runner.cfg.test_dataloader.dataset)
        numbers = np.linspace(0, len(dataset) - 1, min(self.clips, len(dataset))).astype(int)
        samples = [dataset[int(number)] for number in numbers]
        if 'waveform' not in samples[0]['inputs']:
            raise ConfigError('--probe-audio: the test pipeline gives no waveform to replace')
        results: dict[str, list[dict[str, float]]] = {sound: [] for sound in SOUNDS}
        model.eval()
        with torch.no_grad(), autocast(enabled=runner.test_loop.fp16):
            for number, sample in enumerate(samples):
                own = _predict(model, sample, sample['inputs']['waveform'])
                for sound, waveform in self._sounds(number, samples):
                    other = _predict(model, sample, waveform)
                    results[sound].append(_difference(own, other, sample))
        return audio_dependence({sound: clips for sound, clips in results.items() if clips})

    def _sounds(self, number: int, samples: list[dict]) -> Iterator[tuple[str, Tensor]]:
        """Names of sounds, and their waveforms."""
        waveform = samples[number]['inputs']['waveform']
        generator = torch.Generator().manual_seed(self.seed + number)
        noise = torch.randn(waveform.shape, generator=generator)
        yield 'silence', torch.zeros_like(waveform)
        yield 'noise', noise * waveform.square().mean().sqrt()
        order = [(number + step) % len(samples) for step in range(1, len(samples))]
        tags = [_tags(sample) for sample in samples]
        chosen = {
            'swapped': order,
            'off_screen': [i for i in order if tags[i] and not tags[i] & tags[number]],
            'same_family': [i for i in order if tags[i] and tags[i] == tags[number]],
        }
        for sound, others in chosen.items():
            if others:
                yield sound, samples[others[0]]['inputs']['waveform']


def _tags(sample: dict) -> set[int]:
    return set((sample['data_samples'].gt_tags > 0.5).nonzero()[:, 0].tolist())


def _predict(model: BaseModel, sample: dict, waveform: Tensor) -> dict:
    """The prediction for a picture under a sound: maps by label, and probabilities."""
    inputs = {**sample['inputs'], 'waveform': waveform}
    data = pseudo_collate([{'inputs': inputs, 'data_samples': sample['data_samples'].clone()}])
    result = model.test_step(data)[0]
    maps = result.pred_maps.data.float().cpu().numpy()
    probs = result.get('pred_tags')
    return {
        'maps': dict(zip(result.map_labels.tolist(), maps)),
        'whole': _whole_sound(Prediction.from_sample(result.to_dict())),
        'probs': None if probs is None else probs.float().cpu(),
    }


def _whole_sound(prediction: Prediction) -> np.ndarray | None:
    """The map of the whole sound, of classes that the model predicts where it does."""
    tags = 'given' if prediction.pred_labels is None else 'predicted'
    return target_map(prediction, Target(0, -1, 0, {}), tags)


def _difference(own: dict, other: dict, sample: dict) -> dict[str, float]:
    labels = _tags(sample) | {-1}
    maps = [{k: v for k, v in each['maps'].items() if k in labels} for each in (own, other)]
    figures = compare(*maps) | {'whole_change': whole_change(own['whole'], other['whole'])}
    tags = sorted(_tags(sample))
    if own['probs'] is not None and tags:
        change = (own['probs'][tags] - other['probs'][tags]).abs().mean()
        figures['score_change'] = float(change)
    return figures


#: Figure -> title of its column.
_COLUMNS = {
    'whole_change': 'whole sound',
    'map_change': 'class maps',
    'peak_moved': 'peak moved',
    'score_change': 'probabilities',
}


def describe(figures: dict[str, float]) -> str:
    """The figures as a table, and what they say in words."""
    rows = [
        Row(sound, {name: figures.get(f'{sound}/{name}') for name in _COLUMNS}) for sound in SOUNDS
    ]
    columns = [Column(name, title, digits=3) for name, title in _COLUMNS.items()]
    rows = [row for row in rows if any(value is not None for value in row.means.values())]
    dependence = figures.get('dependence', 0.0)
    lines = [
        ResultTable(columns, rows, head='sound').to_text(),
        f'dependence on the sound: {dependence:.3f} (0: blind to it, 1: unrelated maps)',
    ]
    if max(figures.get(f'{sound}/whole_change', 0.0) for sound in SOUNDS) < BLIND:
        lines.append('The maps do not depend on the sound.')
    return '\n'.join(lines)
