"""Separation by name: spectral templates assigned by an audio tagger."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers.label_maps import best_label
from mmavl.registry import MODELS
from mmavl.utils.autocast import full_precision

from . import signal
from .base_separator import BaseSeparator
from .nmf_mfcc import factorise

_EPS = 1e-8
#: Level of mixtures for the tagger, as root mean square.
_LEVEL = 0.07
#: Maximum seconds of silence before a sound: half of YAMNet's window.
_SHIFT = 0.48
#: Logit of a class without labels: never used, see :meth:`TaggedNMF.check_known`.
_ABSENT = -10.0


@MODELS.register_module()
class TaggedNMF(BaseSeparator):
    """Factorise a mixture's magnitude, and distribute its templates among classes by name.

    Non-negative matrix factorisation gives K templates. Each is distributed among the C requested
    classes by a softmax of C x K numbers, initially zero. A few steps of Adam optimise them so
    that a pretrained tagger recognises in each source its class and none of the others. Nothing is
    trained: the numbers belong to one mixture, and the tagger does not change. Each step varies
    the level and delay of the sources slightly, so that the result depends on neither.

    Masks are Wiener filters that add up to one, so the sources add up to the mixture; those of
    several factorisations are averaged. A single class gets the mixture itself. The same
    mixture always gives the same sources.

    Args:
        localizer (dict): Config of a :class:`TrainingFreeLocalizer`, which has the classes and
            the tagger.
        templates (Sequence[int]): K of each factorisation. Defaults to (12, 20, 30).
        iterations (int): Updates per factorisation. Defaults to 60.
        steps (int): Steps of Adam per factorisation. Defaults to 10.
        learning_rate (float): Learning rate of Adam. Defaults to 1.
        n_fft, hop (int): Window and hop of the transform in samples. Defaults to 1024 and 256.
        window (int): Samples to separate at once. Defaults to 160000, 10 s.
        seed (int): Seed of the factorisation, levels and delays. Defaults to 0.
        data_preprocessor (dict): Config of a :class:`SeparationDataPreprocessor` at the tagger's
            rate, with ``mean`` 0 and ``std`` 1.

    Raises:
        ConfigError: The rates of preprocessor and tagger differ.

    Source: J. Parekh et al., "Listen to interpret", NeurIPS 2022, explains a classifier by NMF
    templates; F. Pishdadian et al., "Finding strength in weakness", TASLP 2020, uses a
    classifier's loss in place of references.
    """

    #: The sources of a mixture add up to it; a single source is the mixture.
    adds_up = True

    def __init__(
        self,
        localizer: dict,
        templates: Sequence[int] = (12, 20, 30),
        iterations: int = 60,
        steps: int = 10,
        learning_rate: float = 1.0,
        n_fft: int = 1024,
        hop: int = 256,
        window: int = 160_000,
        seed: int = 0,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor)
        self.localizer = MODELS.build(localizer).requires_grad_(False)
        self.templates, self.iterations = tuple(templates), iterations
        self.steps, self.learning_rate = steps, learning_rate
        self.n_fft, self.hop = n_fft, hop
        self.window = window
        self.seed = seed
        rate = getattr(self.data_preprocessor, 'sample_rate', self.tagger.sample_rate)
        if rate != self.tagger.sample_rate:
            raise ConfigError(
                f'data_preprocessor.sample_rate={rate}: the tagger needs '
                f'{self.tagger.sample_rate} Hz'
            )

    @property
    def tagger(self) -> torch.nn.Module:
        """The localizer's audio tagger."""
        return self.localizer.tagger

    def check_known(self, labels: Tensor) -> None:
        """Check that the tagger has labels for classes.

        Raises:
            ValueError: It has no label for one of them.
        """
        silent = labels[~self.localizer.audio_table[:, labels].any(0)].tolist()
        if silent:
            names = ', '.join(self.localizer.classes[number] for number in silent)
            raise ValueError(f'{names}: the tagger has no label for it, so it cannot be separated')

    def estimate(self, inputs: dict[str, Tensor]) -> Tensor:
        """Estimate all sources: [S, L], in float32 even inside autocast.

        Raises:
            ValueError: See :meth:`check_known`.
        """
        self.check_known(inputs['labels'])
        with full_precision(inputs['mixture'].device):
            return torch.cat(
                [
                    self._estimate(mixture, inputs['labels'][inputs['index'] == number])
                    for number, mixture in enumerate(inputs['mixture'])
                ]
            )

    def _estimate(self, mixture: Tensor, labels: Tensor) -> Tensor:
        """[L], [C] -> [C, L]; silence at the end of the mixture takes no time."""
        if len(labels) == 1 or mixture.abs().sum() <= 1e-5:
            return mixture.expand(len(labels), -1) / len(labels)
        length = int(mixture.nonzero()[-1]) + 1
        level = mixture[:length].square().mean().sqrt()
        spectrum = signal.stft(mixture[:length] / level, self.n_fft, self.hop)
        masks = [self._masks(spectrum, length, labels, count) for count in self.templates]
        waves = level * self._sources(torch.stack(masks).mean(0), spectrum, length)
        return F.pad(waves, (0, len(mixture) - length))

    def _sources(self, masks: Tensor, spectrum: Tensor, length: int) -> Tensor:
        return signal.reconstruct(masks, spectrum, length, self.n_fft, self.hop)

    def _masks(self, spectrum: Tensor, length: int, labels: Tensor, count: int) -> Tensor:
        """Masks [C, F, T] from a number of templates, distributed by the tagger."""
        generator = torch.Generator().manual_seed(self.seed)
        magnitude = spectrum.abs()[None]
        templates, gains = (
            factor[0] for factor in factorise(magnitude, count, self.iterations, generator)
        )
        with torch.enable_grad():
            scores = templates.new_zeros(len(labels), count).requires_grad_()
            optimizer = torch.optim.Adam([scores], self.learning_rate)
            for _ in range(self.steps):
                masks = wiener_masks(scores.softmax(0), templates, gains)
                waves = self._varied(_LEVEL * self._sources(masks, spectrum, length), generator)
                loss = naming_loss(self.hear(waves, labels))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return wiener_masks(scores.detach().softmax(0), templates, gains)

    def _varied(self, waves: Tensor, generator: torch.Generator) -> Tensor:
        """Waves [C, L] with a random gain of up to 10 dB and a small delay."""
        gain = 10 ** (torch.rand((), generator=generator) - 0.5)
        most = round(_SHIFT * cast(int, self.tagger.sample_rate))
        return F.pad(gain.item() * waves, (int(torch.randint(most, (), generator=generator)), 0))

    def hear(self, waves: Tensor, labels: Tensor) -> Tensor:
        """Logits of classes [D] in waves [C, L] at each moment: [C, T, D]."""
        logits = self.tagger(waves).float()
        table = self.localizer.audio_table[:, labels]
        return best_label(logits.flatten(0, 1), table, _ABSENT).unflatten(0, logits.shape[:2])


def wiener_masks(shares: Tensor, templates: Tensor, gains: Tensor) -> Tensor:
    """Masks that add up to the sum of the shares.

    Args:
        shares (Tensor): Share of each class in each template, [C, K].
        templates (Tensor): [F, K].
        gains (Tensor): [K, T].

    Returns:
        Tensor: [C, F, T]; where no template sounds, the mean of the shares.
    """
    parts = (templates * shares[:, None]) @ gains + _EPS * shares.mean(1)[:, None, None]
    return parts / (templates @ gains + _EPS)


def naming_loss(logits: Tensor) -> Tensor:
    """Cross-entropy of each source containing its own class and none of the others.

    Both parts have the same weight, for any number of classes.

    Args:
        logits (Tensor): Logits of class d in source c at each moment, [C, T, C], C at least 2.
    """
    target = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.transpose(1, 2)
    return F.softplus(-logits[target]).mean() + F.softplus(logits[~target]).mean()
