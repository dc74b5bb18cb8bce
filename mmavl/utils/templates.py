"""HTML from Jinja2 templates, in which nothing that is filled in can be markup."""

import html
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .names import one_line


def render(template: Path, **values: Any) -> str:
    """Fill in a template.

    What is filled in is escaped; a name is shown on one line, whatever characters it has. For text
    with lines of its own a template says ``{{ text | e }}``. It may include others of its folder.
    """
    return _environment(template.parent).get_template(template.name).render(values)


def escape(text: str) -> str:
    """A name as HTML: on one line, whatever characters it has."""
    return html.escape(one_line(text))


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_on_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _on_one_line(value: Any) -> Any:
    return one_line(value) if type(value) is str else value
