"""Loss and validation curves as one figure."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mmavl.evaluation.scoring import TRIVIAL
from mmavl.visualization.drawing import OKABE_ITO

#: The total loss is black; yellow would hardly be visible on white.
COLOURS = [
    f'#{red:02X}{green:02X}{blue:02X}'
    for red, green, blue in (
        OKABE_ITO[name] for name in ('blue', 'vermilion', 'green', 'purple', 'orange', 'sky blue')
    )
]
#: The validation metrics to draw, out of dozens.
_HEADLINES = (
    *('/average_ciou', '/pointing', 'sfd/own', 'sfd/silent', '_map', '_accuracy'),
    *('separation/sdr', 'separation/sir', 'separation/sar', 'separation/sdr_improvement'),
)
_DASHES = ('-', '--', '-.', ':')


def draw_curves(scalars: Sequence[dict[str, float]]) -> str | None:
    """Training losses over iterations, and validation metrics over epochs.

    Args:
        scalars (Sequence[dict]): mmengine's log lines. Those of training have ``loss``; if a
            resumed run repeats a step, its last line is used.

    Returns:
        str | None: SVG; None if there is nothing to draw.
    """
    train = _by_step([line for line in scalars if 'loss' in line])
    val = _by_step([line for line in scalars if 'loss' not in line])
    losses = _keys(train, lambda key: 'loss' in key)
    metrics = _keys(val, _is_headline)
    panels = [
        (train, losses, 'training loss', 'iteration'),
        (val, metrics, 'validation', 'epoch'),
    ]
    panels = [panel for panel in panels if panel[1]]
    if not panels:
        return None
    figure = Figure(figsize=(5.2 * len(panels), 3.1), layout='constrained')
    FigureCanvasSVG(figure)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, (lines, keys, title, unit) in zip(axes, panels):
        _draw(ax, lines, keys, title, unit)
    buffer = io.StringIO()
    figure.savefig(buffer, format='svg', metadata={'Date': None})
    return buffer.getvalue()


def _by_step(lines: list[dict[str, float]]) -> list[dict[str, float]]:
    latest = {line['step']: line for line in lines if 'step' in line}
    return [latest[step] for step in sorted(latest)]


def _is_headline(key: str) -> bool:
    return key.endswith(_HEADLINES) and not any(row in key for row in TRIVIAL)


def _keys(lines: list[dict[str, float]], wanted: Callable[[str], bool]) -> list[str]:
    return sorted({key for line in lines for key in line if wanted(key)})


def _draw(
    ax: Axes, lines: list[dict[str, float]], keys: Sequence[str], title: str, unit: str
) -> None:
    others = [key for key in keys if key != 'loss']
    for key in keys:
        points = [(line['step'], line[key]) for line in lines if key in line]
        if key == 'loss':
            style: dict[str, Any] = {'color': 'black', 'linewidth': 2.2}
        else:
            index = others.index(key)
            dashes = _DASHES[index // len(COLOURS) % len(_DASHES)]
            style = {'color': COLOURS[index % len(COLOURS)], 'linestyle': dashes}
        marker = 'o' if len(points) < 30 else None
        ax.plot(*zip(*points), label=key, marker=marker, markersize=3, **style)
    ax.set_title(title, loc='left', fontsize=10, fontweight='bold')
    ax.set_xlabel(unit, fontsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.tick_params(labelsize=8)
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    ax.grid(color='#dddddd', linewidth=0.6)
    ax.spines[['top', 'right']].set_visible(False)
    ax.legend(fontsize=8, frameon=False, loc='upper left', bbox_to_anchor=(1, 1))
