"""What the results of all inferencers can do: be shown, plotted and converted."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mmavl.errors import ConfigError
from mmavl.reports.page import data_url
from mmavl.utils.failures import error_line
from mmavl.utils.names import one_line
from mmavl.utils.templates import escape

from .result_files import json_text

if TYPE_CHECKING:  # both take long to import
    from matplotlib.figure import Figure
    from pandas import DataFrame

#: Names in the text of a list of results; the others are counted.
_MOST_NAMES = 5
_CAPTION = '<div style="margin: 2px 0 10px">{}</div>'


class Result(ABC):
    """The result of an inferencer for one clip."""

    name: str

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON, see docs/inference.md."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """The rows of :meth:`to_pandas`, with the same keys each."""

    @abstractmethod
    def summary(self) -> str:
        """What was found, in one line without the clip's name."""

    @abstractmethod
    def draw_on(self, figure: 'Figure') -> None:
        """Draw the result on an empty matplotlib figure, and set its size.

        Raises:
            DataError: The clip's media cannot be read any more.
        """

    def media_html(self) -> str:
        """Pictures or sounds for :meth:`_repr_html_`.

        Raises:
            DataError: The clip's media cannot be read any more.
        """
        return ''

    def to_json(self) -> str:
        """The result as JSON text."""
        return json_text(self.to_dict())

    def to_pandas(self) -> 'DataFrame':
        """The result as a table.

        Raises:
            ImportError: pandas is not installed.
        """
        return data_frame(self.rows())

    def plot(self) -> 'Figure':
        """Draw the result with matplotlib, e.g. for ``result.plot().savefig('a.pdf')``.

        Raises:
            DataError: The clip's media cannot be read any more.
        """
        import matplotlib.pyplot as plt

        figure = plt.figure(layout='constrained')
        plt.close(figure)  # a notebook would show it twice
        self.draw_on(figure)
        return figure

    def show(self) -> None:
        """Show the result below a notebook's cell, else in a window.

        Raises:
            ConfigError: There is neither.
            DataError: The clip's media cannot be read any more.
        """
        if in_notebook():
            return _display(self)
        import matplotlib.pyplot as plt

        check_display(plt.get_backend())
        self.draw_on(plt.figure(layout='constrained'))
        plt.show()

    def __repr__(self) -> str:
        return f'<{type(self).__name__} {one_line(self.name)}: {self.summary()}>'

    def _repr_html_(self) -> str:
        """A notebook's view, without a picture or sound if it cannot be read any more."""
        try:
            media, problem = self.media_html(), ''
        except Exception as error:  # a view must never fail
            media, problem = '', f' ({error_line(error)})'
        words = f'<b>{escape(self.name)}</b>: {escape(self.summary() + problem)}'
        return media + _CAPTION.format(words)


class Results(list):
    """A list of results, which can be shown and converted together."""

    def to_json(self) -> str:
        """A JSON list of the results."""
        return '[' + ',\n'.join(result.to_json() for result in self) + ']'

    def to_pandas(self) -> 'DataFrame':
        """One table of all results; column ``name`` is the clip.

        Raises:
            ImportError: pandas is not installed.
        """
        return data_frame(row for result in self for row in result.rows())

    def show(self) -> None:
        """Show each result, see :meth:`Result.show`."""
        for result in self:
            result.show()

    def __getitem__(self, key: Any) -> Any:
        items = super().__getitem__(key)
        return Results(items) if isinstance(key, slice) else items

    def __repr__(self) -> str:
        more = [f'... {len(self) - _MOST_NAMES} more'] if len(self) > _MOST_NAMES else []
        return f'[{", ".join([*map(repr, self[:_MOST_NAMES]), *more])}]'

    def _repr_html_(self) -> str:
        rows = (
            f'<tr><td><b>{escape(result.name)}</b></td><td>{escape(result.summary())}</td></tr>'
            for result in self
        )
        return f'<table>{"".join(rows)}</table>'


def data_frame(rows: Iterable[dict[str, Any]]) -> 'DataFrame':
    """A pandas table of rows.

    Raises:
        ImportError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            'to_pandas needs pandas. Run: pip install pandas. to_json and rows work without it'
        ) from error
    return pandas.DataFrame([*rows])


def in_notebook() -> bool:
    """Whether this is a notebook's kernel."""
    shell = getattr(sys.modules.get('IPython'), 'get_ipython', lambda: None)()
    return hasattr(shell, 'kernel')


def _display(result: Result) -> None:
    from IPython.display import display

    display(result)


def check_display(backend: str) -> None:
    """Check that a matplotlib backend can open windows.

    Raises:
        ConfigError: It cannot.
    """
    from matplotlib.backends import BackendFilter, backend_registry

    without = backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE)
    if backend.lower() in without:
        raise ConfigError(
            "no display to show the result on: save it by result.plot().savefig('result.png')"
        )


def image_html(jpeg: bytes, label: str) -> str:
    """An HTML image that contains its data."""
    url = data_url('image/jpeg', jpeg)
    return f'<img src="{url}" alt="{escape(label)}" style="max-width: 100%">'


def players_html(sounds: Sequence[tuple[str, bytes]]) -> str:
    """HTML players of sounds, given by name and FLAC data."""
    rows = (
        f'<tr><td>{escape(name)}</td><td><audio controls src="{data_url("audio/flac", flac)}">'
        '</audio></td></tr>'
        for name, flac in sounds
    )
    return f'<table>{"".join(rows)}</table>'
