import json
import re
import shutil
from fractions import Fraction

import numpy as np
import pytest
import soundfile

from mmavl.apis.box_page import write_box_page
from mmavl.errors import DataError
from mmavl.evaluation.real_clips import read_cases
from mmavl.media.mp4_writer import Mp4Writer


@pytest.fixture
def clips(tmp_path):
    """A folder with a video of 4 s, a damaged one, and something else."""
    folder = tmp_path / 'clips'
    folder.mkdir()
    (folder / 'bad.mp4').write_bytes(b'nothing')
    (folder / 'notes.txt').write_text('x')
    soundfile.write(tmp_path / 'a.wav', np.zeros(8000), 8000)
    with (
        (folder / '<b>a.mp4').open('wb') as file,
        Mp4Writer(file, (64, 48), Fraction(4), str(tmp_path / 'a.wav')) as writer,
    ):
        for number in range(16):
            writer.write(number / 4, np.full((48, 64, 3), 15 * number, np.uint8))
    return folder


def frames_of(page):
    return json.loads(re.search(r'const FRAMES = (.*);\n', page.read_text())[1])


def test_the_page_holds_the_middle_frame_of_each_video(clips):
    page, failures = write_box_page(clips)
    assert [(f['file'], f['t']) for f in frames_of(page)] == [('<b>a.mp4', 2.0)]
    assert [failure.name for failure in failures] == ['bad.mp4']
    assert page == clips / 'draw_boxes.html'


def test_frames_may_be_taken_at_equal_steps(clips):
    page, _ = write_box_page(clips, every=1.5)
    assert [frame['t'] for frame in frames_of(page)] == [0.75, 2.25]
    page, _ = write_box_page(clips, every=60)
    assert [frame['t'] for frame in frames_of(page)] == [2.0]


def test_what_cannot_be_used_is_said(clips, tmp_path):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(DataError, match='empty has no usable video'):
        write_box_page(tmp_path / 'empty')
    with pytest.raises(DataError, match='is a file: give the folder'):
        write_box_page(clips / 'notes.txt')
    with pytest.raises(ValueError, match='every=0 must be above 0'):
        write_box_page(clips, every=0)


def test_boxes_that_are_drawn_become_cases(clips, tmp_path):
    chromium = shutil.which('chromium')
    if chromium is None:
        pytest.skip('there is no chromium: apt-get install chromium')
    sync_api = pytest.importorskip('playwright.sync_api')
    page_file, _ = write_box_page(clips)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        page = browser.new_page()
        page.goto(page_file.as_uri())
        for (x0, y0, x1, y1), words in (
            ((0.1, 0.2, 0.5, 0.6), 'dog'),
            ((0.6, 0.5, 0.9, 0.9), 'cat'),
            ((0.7, 0.0, 0.9, 0.3), 'radio'),
        ):
            area = page.locator('.frame').bounding_box()
            page.mouse.move(area['x'] + x0 * area['width'], area['y'] + y0 * area['height'])
            page.mouse.down()
            page.mouse.move(area['x'] + x1 * area['width'], area['y'] + y1 * area['height'])
            page.mouse.up()
            page.keyboard.type(words)
        page.locator('input[type=checkbox]').nth(1).uncheck()
        with page.expect_download() as download:
            page.click('#save')
        download.value.save_as(clips / 'cases.json')
        browser.close()
    dog, radio = read_cases(clips / 'cases.json')
    assert dog.file.is_file()
    assert dog.mark.label == 'dog'
    assert dog.mark.box == pytest.approx((0.1, 0.2, 0.5, 0.6), abs=0.03)
    assert [mark.label for mark in dog.silent] == ['cat']
    assert [mark.label for mark in dog.others] == ['radio']
    assert (dog.sources, radio.mark.label) == (2, 'radio')
