import xml.etree.ElementTree as ET

import pytest
from matplotlib.axes import Axes

from mmavl.reports.curves import draw_curves


@pytest.fixture
def drawn(monkeypatch):
    """What was plotted: label -> (x, y)."""
    lines = {}
    plot = Axes.plot

    def spy(self, x, y, *args, label, **kwargs):
        lines[label] = (list(x), list(y))
        return plot(self, x, y, *args, label=label, **kwargs)

    monkeypatch.setattr(Axes, 'plot', spy)
    return lines


def test_losses_and_headline_metrics_are_drawn_and_a_resumed_step_counts_once(drawn):
    scalars = [
        {'loss': 3.0, 'loss_avc': 1.0, 'lr': 0.1, 'step': 10},
        {'loss': 9.0, 'loss_avc': 9.0, 'lr': 0.1, 'step': 20},
        {'half_max/pointing': 0.5, 'half_max/whole_image/pointing': 0.1, 'step': 1},
        {'loss': 2.0, 'loss_avc': 0.5, 'lr': 0.1, 'step': 20},
        {'half_max/pointing': 0.75, 'half_max/level1_auc': 0.2, 'step': 2},
    ]
    svg = draw_curves(scalars)
    assert drawn == {
        'loss': ([10, 20], [3.0, 2.0]),
        'loss_avc': ([10, 20], [1.0, 0.5]),
        'half_max/pointing': ([1, 2], [0.5, 0.75]),
    }
    assert ET.fromstring(svg).tag.endswith('svg')


def test_nothing_to_draw_is_no_figure():
    assert draw_curves([]) is None
    assert draw_curves([{'lr': 0.1, 'step': 1}]) is None
