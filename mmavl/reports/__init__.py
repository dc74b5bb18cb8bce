"""The record of a run, and HTML pages about one or several runs."""

from .html_report import write_report
from .run_record import read_run
from .separation_report import write_listening_page

__all__ = ['read_run', 'write_listening_page', 'write_report']
