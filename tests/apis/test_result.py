import json
import sys
from types import ModuleType, SimpleNamespace

import pytest

from mmavl.apis import result
from mmavl.apis.result import Result, Results, data_frame
from mmavl.errors import ConfigError


class Toy(Result):
    """A result with a name and a number."""

    def __init__(self, name, number=1, media='<i>media</i>'):
        self.name, self.number, self.media = name, number, media

    def to_dict(self):
        """The name and the number."""
        return {'name': self.name, 'numbers': [self.number, 2]}

    def rows(self):
        """One for each number."""
        return [{'name': self.name, 'number': n} for n in range(self.number)]

    def summary(self):
        """The number."""
        return f'{self.number} found'

    def draw_on(self, figure):
        """A point."""
        figure.subplots().plot([self.number], [1])

    def media_html(self):
        """The media, or their error."""
        if isinstance(self.media, Exception):
            raise self.media
        return self.media


def test_a_result_is_a_short_line():
    assert repr(Toy('a\n')) == r'<Toy a\n: 1 found>'
    several = Results(Toy(f'c{n}') for n in range(7))
    assert repr(several[:2]) == '[<Toy c0: 1 found>, <Toy c1: 1 found>]'
    assert repr(several).endswith('<Toy c4: 1 found>, ... 2 more]')


def test_json_is_that_of_the_files_and_of_a_list_a_list():
    one, two = Toy('a', 5), Toy('b', 6)
    assert json.loads(one.to_json()) == one.to_dict()
    assert '"numbers": [ 5, 2 ]' in one.to_json()
    assert json.loads(Results([one, two]).to_json()) == [one.to_dict(), two.to_dict()]
    assert json.loads(Results().to_json()) == []


def test_a_list_is_one_table():
    pandas = pytest.importorskip('pandas')
    table = Results([Toy('a', 2), Toy('b', 1)]).to_pandas()
    expected = pandas.DataFrame({'name': ['a', 'a', 'b'], 'number': [0, 1, 0]})
    pandas.testing.assert_frame_equal(table, expected)
    assert len(Results().to_pandas()) == 0
    pandas.testing.assert_frame_equal(Toy('a', 2).to_pandas(), expected[:2])


def test_without_pandas_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pandas', None)
    with pytest.raises(ImportError, match=r'^to_pandas needs pandas\. Run: pip install pandas\.'):
        data_frame([])


def test_a_slice_is_a_list_of_results_and_an_item_a_result():
    several = Results([Toy('a'), Toy('b'), Toy('c')])
    assert isinstance(several[1:], Results)
    assert several[1].name == 'b'


def test_a_notebook_shows_media_and_the_names_without_markup():
    assert Toy('a<b')._repr_html_().startswith('<i>media</i>')
    assert '<b>a&lt;b</b>: 1 found' in Toy('a<b')._repr_html_()
    table = Results([Toy('a<b'), Toy('c', 3)])._repr_html_()
    assert table.count('<tr>') == 2
    assert '<td><b>a&lt;b</b></td><td>1 found</td>' in table


def test_a_notebook_shows_a_result_whose_media_are_gone():
    html = Toy('a', media=OSError('no <file>'))._repr_html_()
    assert html.endswith('<b>a</b>: 1 found (OSError: no &lt;file&gt;)</div>')


def test_a_plot_is_a_figure_that_leaves_none_open():
    import matplotlib.pyplot as plt

    figure = Toy('a', 7).plot()
    assert figure.axes[0].lines[0].get_xdata() == [7]
    assert plt.get_fignums() == []


def test_without_a_display_show_says_how_to_save(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, 'get_backend', lambda: 'agg')
    for shown in (Toy('a'), Results([Toy('a')])):
        with pytest.raises(
            ConfigError, match=r'no display .*: save it by result\.plot\(\)\.savefig'
        ):
            shown.show()


def test_with_a_display_a_window_is_opened(monkeypatch):
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, 'get_backend', lambda: 'tkagg')
    monkeypatch.setattr(plt, 'show', lambda: shown.append(plt.gcf().axes[0].lines[0].get_xdata()))
    Results([Toy('a', 3), Toy('b', 4)]).show()
    assert shown == [[3], [4]]
    plt.close('all')


def test_in_a_notebook_results_are_displayed_below_the_cell(monkeypatch):
    shown = []
    notebook, display = ModuleType('IPython'), ModuleType('IPython.display')
    notebook.get_ipython = lambda: SimpleNamespace(kernel=1)
    display.display = shown.append
    monkeypatch.setitem(sys.modules, 'IPython', notebook)
    monkeypatch.setitem(sys.modules, 'IPython.display', display)
    results = Results([Toy('a'), Toy('b')])
    results.show()
    assert shown == [*results]
    notebook.get_ipython = lambda: None  # IPython is imported and not running
    assert not result.in_notebook()
