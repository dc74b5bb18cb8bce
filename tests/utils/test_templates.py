import pytest
from jinja2 import UndefinedError

from mmavl.utils.templates import escape, render


@pytest.fixture
def template(tmp_path):
    def make(text):
        (tmp_path / 'a.html').write_text(text)
        return tmp_path / 'a.html'

    return make


def test_names_are_escaped_and_shown_on_one_line(template):
    page = template('<b title="{{ name }}">{{ name }}</b>')
    shown = r'a\n\u202e&lt;b&gt;&#34;\udce9'
    name = 'a\n\u202e<b>"\udce9'
    assert render(page, name=name) == f'<b title="{shown}">{shown}</b>'
    assert escape(name) == shown.replace('&#34;', '&quot;')


def test_text_keeps_its_lines_where_the_template_says_so(template):
    assert render(template('{{ text | e }}'), text='x < 1\ny') == 'x &lt; 1\ny'


def test_what_can_show_itself_as_html_is_not_escaped(template):
    class Bold:
        def __html__(self):
            return '<b>!</b>'

    assert render(template('{{ item }}'), item=Bold()) == '<b>!</b>'


def test_a_value_that_is_missing_is_an_error(template):
    with pytest.raises(UndefinedError, match="'gone' is undefined"):
        render(template('{{ gone }}'))
