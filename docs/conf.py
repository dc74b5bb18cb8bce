"""Sphinx builds these pages: python -m sphinx -W -b html docs OUT."""

import mmavl

project = 'mmavl'
copyright = 'the mmavl contributors'
version = release = mmavl.__version__

extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'sphinx.ext.viewcode']
exclude_patterns = ['_build']
html_theme = 'furo'
html_title = f'mmavl {release}'

myst_enable_extensions = ['colon_fence']
myst_heading_anchors = 3

autodoc_member_order = 'groupwise'
autodoc_typehints = 'none'
autodoc_inherit_docstrings = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ['Shape']
