"""Plots of a localization with matplotlib."""

from typing import TYPE_CHECKING

import numpy as np

from mmavl.visualization.colours import COLOURS, Colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .localization import Localization

_WIDTH = 7.0  # inches


def colours_of(result: 'Localization') -> Colours:
    """The colours of a result's classes, the same in its picture and in its curves."""
    colours = Colours([*result.audio_probs])
    for moment in (result, *result.windows):
        for label in moment.sounding:
            colours[label]  # chosen in this order
    return colours


def plot_localization(result: 'Localization', figure: 'Figure') -> None:
    """Draw a result's picture, and the probabilities of a video's classes over time below.

    Args:
        result (Localization): The result.
        figure (Figure): An empty figure; its size is changed.
    """
    picture = result.picture()
    height = _WIDTH * picture.shape[0] / picture.shape[1]
    labels = _most_audible(result)
    if labels:
        figure.set_size_inches(_WIDTH, height + 2.2)
        axes, below = figure.subplots(2, height_ratios=[height, 2])
        _plot_probabilities(result, labels, below)
    else:
        figure.set_size_inches(_WIDTH, height + 0.3)
        axes = figure.subplots()
    axes.imshow(picture)
    axes.set_axis_off()
    axes.set_title(result.name, parse_math=False)


def _most_audible(result: 'Localization') -> list[str]:
    """Classes that sound in a window, at most as many as there are colours."""
    best: dict[str, float] = {}
    for window in result.windows:
        for label in window.sounding:
            if label in window.audio_probs:
                best[label] = max(best.get(label, 0.0), window.audio_probs[label])
    return sorted(best, key=lambda label: -best[label])[: len(COLOURS)]


def _plot_probabilities(result: 'Localization', labels: list[str], axes: 'Axes') -> None:
    colours = colours_of(result)
    times = np.array([window.time for window in result.windows], float)
    for label in labels:
        probs = [window.audio_probs.get(label, np.nan) for window in result.windows]
        colour = [part / 255 for part in colours[label]]
        axes.plot(times, probs, color=colour, linewidth=2, label=label.replace('_', ' '))
    axes.set(ylim=(0, 1), xlabel='time (s)', ylabel='probability')
    axes.margins(x=0)
    axes.grid(alpha=0.3)
    axes.legend(loc='upper left', bbox_to_anchor=(1, 1), frameon=False)
