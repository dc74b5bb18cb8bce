import base64
import io

import numpy as np
from PIL import Image

from mmavl.reports import page


def pixels_of(url):
    kind, _, data = url.partition(';base64,')
    assert kind == 'data:image/jpeg'
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)


def test_a_picture_is_jpeg_inside_of_the_page_with_its_width(tmp_path):
    Image.new('RGBA', (30, 20), (0, 190, 130, 255)).save(tmp_path / 'a.png')
    picture = page.picture(tmp_path / 'a.png', 'a "picture"')
    assert (picture.label, picture.width, picture.problem) == ('a "picture"', 30, '')
    pixels = pixels_of(picture.url)
    assert pixels.shape == (20, 30, 3)
    assert np.abs(pixels - [0, 190, 130]).max() < 6


def test_a_picture_that_is_gone_or_damaged_is_said_to_be(tmp_path):
    assert page.picture(tmp_path / '<gone>.png', 'x').problem.endswith(
        '<gone>.png is no longer there.'
    )
    (tmp_path / '<bad>.png').write_bytes(b'\x89PNG\r\n\x1a\nno')
    bad = page.picture(tmp_path / '<bad>.png', 'x')
    assert '<bad>.png cannot be read (UnidentifiedImageError' in bad.problem
    assert not bad.url


def test_the_listening_script_is_the_pages_file():
    script = page.listening_script()
    assert script.startswith('<script>')
    assert "document.addEventListener('play'" in script
    assert script.endswith('</script>')
