"""Links between files of the repository lead to files and headings that exist."""

import re

import pytest

from .blocks import ROOT

PAGES = [
    *ROOT.glob('*.md'),
    *(ROOT / 'docs').rglob('*.md'),
    *(ROOT / 'projects').rglob('*.md'),
    *(ROOT / 'configs').rglob('*.md'),
    *(ROOT / '.github').rglob('*.md'),
]
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
FENCE = re.compile(r'^ *```.*?^ *```$', re.DOTALL | re.MULTILINE)


def links_of(text):
    """Targets outside code, but for addresses of the web."""
    text = re.sub(r'`[^`\n]*`', '', FENCE.sub('', text))
    return [link for link in LINK.findall(text) if not re.match(r'[a-z]+:', link)]


def anchors_of(text):
    """What GitHub and MyST make of the headings."""
    headings = re.findall(r'^#+ (.+)$', FENCE.sub('', text), re.MULTILINE)
    plain = (re.sub(r'[^\w\- ]', '', heading.strip().lower()) for heading in headings)
    return {heading.replace(' ', '-') for heading in plain}


def broken_links(page):
    """Those links of a page whose file or heading does not exist."""
    broken = []
    for link in links_of(page.read_text()):
        path, _, anchor = link.partition('#')
        target = page.parent / path if path else page
        markdown = target.suffix == '.md' and target.is_file()
        if not target.exists() or (
            anchor and markdown and anchor not in anchors_of(target.read_text())
        ):
            broken.append(link)
    return broken


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert broken_links(page) == []


def test_a_link_to_a_missing_file_or_heading_is_noticed(tmp_path):
    (tmp_path / 'b.md').write_text('# B\n## One: two `x`\n```\n[no](link.md)\n# none\n```\n')
    page = tmp_path / 'a.md'
    page.write_text('[1](b.md) [2](b.md#one-two-x) [3](b.md#none) [4](c.md) [5](https://x.y)')
    assert broken_links(page) == ['b.md#none', 'c.md']
    assert broken_links(tmp_path / 'b.md') == []
