import base64
import io
import re

import numpy as np
from PIL import Image

from mmavl.visualization import page


def test_a_page_is_one_document_that_escapes_its_title():
    text = page.page('a < b', '<p>body</p>')
    assert text.startswith('<!DOCTYPE html>')
    assert '<title>a &lt; b</title>' in text
    assert '<body>\n<p>body</p>\n</body>' in text
    assert 'src=' not in text
    assert 'http' not in text


def test_a_picture_is_inside_of_the_page_with_its_width(tmp_path):
    Image.new('RGBA', (30, 20), (0, 190, 130, 255)).save(tmp_path / 'a.png')
    html = page.picture(tmp_path / 'a.png', 'a "picture"')
    assert 'alt="a &quot;picture&quot;"' in html
    assert 'width="30"' in html
    data = re.search(r'src="data:image/jpeg;base64,([^"]+)"', html)[1]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)
    assert pixels.shape == (20, 30, 3)
    assert np.abs(pixels - [0, 190, 130]).max() < 6


def test_a_picture_that_is_gone_is_said_to_be(tmp_path):
    html = page.picture(tmp_path / '<gone>.png', 'x')
    assert html.startswith('<p class="faint">The picture ')
    assert '&lt;gone&gt;.png is no longer there.' in html


def test_a_picture_that_is_damaged_is_said_to_be(tmp_path):
    (tmp_path / '<bad>.png').write_bytes(b'\x89PNG\r\n\x1a\nno')
    html = page.picture(tmp_path / '<bad>.png', 'alt')
    assert '&lt;bad&gt;.png cannot be read (UnidentifiedImageError' in html
    assert '<img' not in html


def test_names_with_line_breaks_or_turned_text_are_shown_as_they_are_written():
    assert page.escape('a\n\u202e<b>\udce9') == r'a\n\u202e&lt;b&gt;\udce9'


def test_names_values_code_and_summaries_are_escaped():
    assert page.definitions({'a<': 'b&'}) == '<dl><dt>a&lt;</dt><dd>b&amp;</dd></dl>'
    assert page.code('x < 1') == '<pre>x &lt; 1</pre>'
    folded = page.foldable('<more>', '<p>body</p>')
    assert folded == '<details><summary>&lt;more&gt;</summary><p>body</p></details>'
