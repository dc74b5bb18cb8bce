"""A table of results, which prints itself as text, Markdown or HTML."""

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, stdev

from rich import box
from rich.console import Console
from rich.table import Table

from mmavl.utils.templates import render

Value = float | str | None


@dataclass(frozen=True)
class Column:
    """A column: one figure of each row.

    Attributes:
        key (str): Key of the figure in a row's means.
        title (str): The printed title.
        group (str): Title over neighbouring columns, in HTML only.
        percent (bool): Whether figures are shares, printed in percent.
        digits (int): Digits after the decimal point.
        of (str): Key of M, if figures are printed as 'N of M'.
        ranked (bool): Whether the largest figure is highlighted, in HTML.
    """

    key: str
    title: str
    group: str = ''
    percent: bool = False
    digits: int = 1
    of: str = ''
    ranked: bool = False

    def number(self, value: float) -> str:
        """A number as printed."""
        return f'{100 * value if self.percent else value:.{self.digits}f}'


@dataclass(frozen=True)
class Row:
    """A row: the figures of one method.

    Attributes:
        name (str): The printed name.
        means (Mapping): Figures by key; words are printed unchanged.
        spreads (Mapping): For some of them by key, the standard deviation or an interval's ends.
        protocol (str): The protocol of the figures.
        muted (bool): Whether it is de-emphasised, like rows without a model.
        bold (bool): Whether its name is highlighted, in Markdown.
        ranked (bool): Whether it competes for the largest figure of a column.
    """

    name: str
    means: Mapping[str, Value]
    spreads: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)
    protocol: str = ''
    muted: bool = False
    bold: bool = False
    ranked: bool = True


def row_of_runs(name: str, runs: Sequence[Mapping[str, float]], **options) -> Row:
    """The mean of several runs, and their sample standard deviation, if there are several.

    Args:
        name (str): The row's.
        runs (Sequence[Mapping[str, float]]): The metrics of each run.
        **options: Other attributes of :class:`Row`.

    Returns:
        Row: With the figures that any run has.
    """
    return Row(name, *means_and_spreads(runs), **options)


def means_and_spreads(
    runs: Sequence[Mapping[str, float]],
) -> tuple[dict[str, float], dict[str, float]]:
    """The means of several runs' metrics, and the standard deviations of those of several runs."""
    values = {key: [run[key] for run in runs if key in run] for run in runs for key in run}
    means = {key: mean(numbers) for key, numbers in values.items()}
    spreads = {key: stdev(numbers) for key, numbers in values.items() if len(numbers) > 1}
    return means, spreads


@dataclass(frozen=True)
class ResultTable:
    """Rows and columns of figures.

    Attributes:
        columns (Sequence[Column]): From left to right.
        rows (Sequence[Row]): From top to bottom.
        title (str): What stands above it, in HTML.
        head (str): Title of the column of names, in text and Markdown.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str = ''
    head: str = ''

    def without_empty_columns(self) -> 'ResultTable':
        """The same table without the columns that no row has a figure for."""
        full = {key for row in self.rows for key, value in row.means.items() if value is not None}
        return replace(self, columns=[c for c in self.columns if c.key in full])

    def to_text(self) -> str:
        """Aligned columns for a terminal or a log, without an empty line."""
        titles, *rows = self._lines()
        names = len(titles) - len(self.columns)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index, title in enumerate(titles):
            table.add_column(title, justify='left' if index < names else 'right', no_wrap=True)
        for cells in rows:
            table.add_row(*cells)
        file = io.StringIO()
        Console(file=file, width=400, color_system=None, markup=False).print(table)
        lines = [line.rstrip() for line in file.getvalue().splitlines()]
        return '\n'.join(line for line in lines if line)

    def to_markdown(self) -> str:
        """A Markdown table: names to the left, figures to the right."""
        titles, *rows = self._lines()
        names = len(titles) - len(self.columns)
        for row, cells in zip(self.rows, rows):
            mark = '**' * row.bold or '*' * row.muted
            cells[names - 1] = f'{mark}{row.name}{mark}'
        lines = [f'| {" | ".join(cells)} |'.replace('|  |', '| |') for cells in (titles, *rows)]
        rule = '|---' * names + '|---:' * len(self.columns) + '|'
        return '\n'.join([lines[0], rule, *lines[1:]])

    def to_csv(self) -> str:
        """Comma-separated values in full precision, with a column for each spread."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator='\n')
        spread = {key for row in self.rows for key in row.spreads}
        keys = [c.key for c in self.columns]
        titles = [[key, f'{key} spread'] if key in spread else [key] for key in keys]
        writer.writerow(['protocol', self.head or 'row', *itertools.chain(*titles)])
        for row in self.rows:
            cells: list[list[object]] = [[row.means.get(key, '')] for key in keys]
            for key, cell in zip(keys, cells):
                cell += [row.spreads.get(key, '')] if key in spread else []
            writer.writerow([row.protocol, row.name, *itertools.chain(*cells)])
        return file.getvalue()

    def to_latex(self) -> str:
        """A ``tabular`` for the package booktabs: names to the left, figures to the right."""
        titles, *rows = [[_latex(cell) for cell in line] for line in self._lines()]
        names = len(titles) - len(self.columns)
        ends = [' & '.join(cells) + r' \\' for cells in (titles, *rows)]
        return '\n'.join(
            [
                rf'\begin{{tabular}}{{{"l" * names}{"r" * len(self.columns)}}}',
                *(r'\toprule', ends[0], r'\midrule', *ends[1:], r'\bottomrule'),
                r'\end{tabular}',
            ]
        )

    def to_html(self) -> str:
        """A ``<table>`` with its caption, everything escaped; ranked figures are set off."""
        return render(Path(__file__).with_suffix('.html'), table=self)

    __html__ = _repr_html_ = to_html  # of templates and of notebooks

    def cell(self, row: Row, column: Column, missing: str = '-') -> str:
        """A figure as printed."""
        value, spread = row.means.get(column.key), row.spreads.get(column.key)
        if value is None or value != value:
            return missing
        if isinstance(value, str):
            return value
        words = column.number(value)
        if isinstance(spread, tuple):
            words += f' [{column.number(spread[0])}, {column.number(spread[1])}]'
        elif spread is not None:
            words += f' ± {column.number(spread)}'
        return f'{words} of {row.means[column.of]:.0f}' if column.of in row.means else words

    def is_best(self, row: Row, column: Column) -> bool:
        """Whether a figure is the greatest of its column, among those of several rows."""
        values = [other.means.get(column.key) for other in self.rows if other.ranked]
        numbers = [value for value in values if isinstance(value, float) and value == value]
        competes = row.ranked and column.ranked and len(numbers) > 1
        return competes and row.means.get(column.key) == max(numbers)

    def _lines(self) -> list[list[str]]:
        """Titles, then the cells of each row; a protocol is named once for rows in a row."""
        lines = [['protocol', self.head, *(column.title for column in self.columns)]]
        last = ''
        for row in self.rows:
            cells = (self.cell(row, column) for column in self.columns)
            lines.append(['' if row.protocol == last else row.protocol, row.name, *cells])
            last = row.protocol
        return lines if any(row.protocol for row in self.rows) else [line[1:] for line in lines]


#: What LaTeX reads as commands, or lacks.
_LATEX = {
    **{character: f'\\{character}' for character in '&%$#_{}'},
    '\\': r'\textbackslash{}',
    '~': r'\textasciitilde{}',
    '^': r'\textasciicircum{}',
    '±': r'$\pm$',
    '†': r'$\dagger$',
    'Δ': r'$\Delta$',
}


def _latex(text: str) -> str:
    return ''.join(_LATEX.get(character, character) for character in text)
