"""The page in a real browser; one server and one tab for all tests."""

import json
import os
import shutil
import sys

import pytest

from mmavl.apis import Localization
from mmavl.demo.examples import Example
from mmavl.demo.page import HOW_TO_SEPARATE, Page, import_gradio, names_line, tag_bars
from mmavl.errors import ConfigError

CHROMIUM = shutil.which('chromium')


def test_without_gradio_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    with pytest.raises(ConfigError, match=r"pip install 'mmavl\[demo\]'"):
        import_gradio()


def test_bars_show_the_best_and_escape_names():
    html = tag_bars({'a<b_c': 0.25, 'best': 0.5, 'none': 0.0}, most=2)
    assert html.index('best') < html.index('a&lt;b c')
    assert 'width: 25%' in html
    assert 'none' not in html


def test_names_say_what_is_not_in_the_picture_and_when_nothing_is_heard():
    fields = {
        'name': 'a',
        'size': (4, 4),
        'time': 0.0,
        'window': (0.0, 1.0),
        'visual_probs': {},
        'maps': {},
    }
    found = Localization(audio_probs={'a<b': 0.9, 'c_d': 0.8}, sounding=['a<b', 'c_d'], **fields)
    assert names_line(found) == '<p><b>a&lt;b</b>, <b>c d</b></p>'
    found = Localization(audio_probs={'c_d': 0.8}, sounding=['c_d'], off_screen=['c_d'], **fields)
    assert names_line(found) == '<p><b>c d</b> (not in the picture)</p>'
    found = Localization(audio_probs={'c_d': 0.1}, sounding=[], **fields)
    assert names_line(found) == '<p>No sound of a known class.</p>'
    assert names_line(Localization(audio_probs={}, sounding=['sound'], **fields)) == ''


@pytest.fixture(scope='module')
def requests():
    return []


@pytest.fixture(scope='module')
def page(analyst, media):
    pytest.importorskip('gradio')
    page = Page(analyst, [Example(str(media / 'a.png'), str(media / 'a.wav'), 'a tone')], 10**9)
    page.address = page.launch(wait=False)
    yield page
    page.close()
    assert not os.path.exists(page._folder.name)


@pytest.fixture
def ask(page):
    """Send a request as the page itself would."""
    httpx = pytest.importorskip('httpx')
    origin = page.address.rstrip('/')
    with httpx.Client(base_url=origin, headers={'origin': origin}, timeout=30) as client:
        yield client.request


def test_a_foreign_page_gets_nothing_it_could_read(ask, page):
    host = page.address.split('/')[2]
    for headers in (
        {'host': 'evil.example', 'origin': 'http://evil.example'},
        {'host': 'evil.example'},
        {'origin': 'http://evil.example'},
        {'host': host, 'origin': 'null'},
    ):
        for method in ('GET', 'POST', 'OPTIONS'):
            extra = {'access-control-request-method': 'POST'} if method == 'OPTIONS' else {}
            answer = ask(method, '/config', headers={**headers, **extra})
            assert answer.status_code == 403
            assert not [name for name in answer.headers if name.startswith('access-control')]
    assert ask('GET', '/config').status_code == 200


def test_files_of_the_host_are_not_served(ask, page, media):
    secret = media / 'secret.txt'
    secret.write_text('secret')
    inside = os.path.join(page._folder.name, '..', '..', 'etc', 'passwd')
    for path in (secret, media / 'clip.mp4', '/etc/passwd', inside, __file__, 'setup.cfg', '~'):
        for where in ('file=', 'file/'):
            assert ask('GET', f'/gradio_api/{where}{path}').status_code in (403, 404)
    assert ask('GET', f'/gradio_api/file={media / "a.png"}').status_code == 200  # an example


def test_uploads_go_to_the_pages_folder_whatever_their_names_and_execute_nothing(ask, page):
    script = b'<script>alert(1)</script>'
    names = ['../../../escaped.html', '/tmp/escaped.html', 'a\u2028b.html', 'n' * 300 + '.html']
    for name in names:
        (path,) = ask('POST', '/gradio_api/upload', files={'files': (name, script)}).json()
        assert os.path.realpath(path).startswith(os.path.realpath(page._folder.name) + os.sep)
        answer = ask('GET', f'/gradio_api/file={path}')
        assert answer.headers['content-disposition'].startswith('attachment')


def test_uploads_beyond_the_room_are_refused(ask, page, monkeypatch):
    monkeypatch.setattr(page.uploads, 'quota', 10**5)
    answer = ask('POST', '/gradio_api/upload', files={'files': ('a.mp4', bytes(10**5))})
    assert answer.status_code == 413
    assert 'Not enough space' in answer.text


def join(ask, page, path):
    """Ask for the analysis of a file; gives what the page is told, as text."""
    start = next(i for i, d in enumerate(page.blocks.config['dependencies']) if d['inputs'])
    data = {'path': str(path), 'meta': {'_type': 'gradio.FileData'}}
    body = {'data': [[data]], 'fn_index': start, 'session_hash': 'x'}
    told = ask('POST', '/gradio_api/queue/join', json=body).text
    return told + ask('GET', '/gradio_api/queue/data', params={'session_hash': 'x'}).text


def test_only_uploads_are_analysed_and_errors_name_no_folder(ask, page, media):
    told = join(ask, page, media / 'clip.mp4')
    assert 'windows.jsonl' not in told
    assert '"success":false' in told
    bad = {'files': ('bad.mp4', b'no video')}
    (path,) = ask('POST', '/gradio_api/upload', files=bad).json()
    told = join(ask, page, path)
    assert 'bad.mp4 cannot be' in told
    assert page._folder.name not in told


def test_no_address_is_fetched_and_no_run_is_kept_elsewhere(ask, page, monkeypatch):
    processing = pytest.importorskip('gradio.processing_utils')
    asked = []
    for name in ('async_ssrf_protected_download', 'ssrf_protected_download', 'save_url_to_cache'):
        monkeypatch.setattr(processing, name, lambda url, *args, **kwargs: asked.append(url))
    assert '"success":false' in join(ask, page, 'https://example.org/clip.mp4')
    assert asked == []
    assert ask('GET', '/gradio_api/runs').status_code == 404


def test_results_need_room_as_well(ask, page, monkeypatch):
    (path,) = ask('POST', '/gradio_api/upload', files={'files': ('x.mp4', b'x')}).json()
    monkeypatch.setattr(page.uploads, 'quota', 10**5)
    assert 'Not enough space for results' in join(ask, page, path)


@pytest.mark.parametrize('end', [KeyboardInterrupt, SystemExit])
def test_uploads_and_results_are_removed_at_the_end(analyst, monkeypatch, end):
    gradio = pytest.importorskip('gradio')

    def stop(self):
        raise end

    monkeypatch.setattr(gradio.Blocks, 'block_thread', stop)
    monkeypatch.setenv('GRADIO_TEMP_DIR', os.environ.get('GRADIO_TEMP_DIR', ''))  # is put back
    page = Page(analyst)
    with pytest.raises(end):
        page.launch()
    assert not os.path.exists(page._folder.name)


@pytest.fixture(scope='module')
def tab(page, requests):
    if CHROMIUM is None:
        pytest.skip('there is no chromium: apt-get install chromium')
    sync = pytest.importorskip('playwright.sync_api')
    with sync.sync_playwright() as play:
        options = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio']
        browser = play.chromium.launch(executable_path=CHROMIUM, args=options)
        tab = browser.new_page()
        tab.set_default_timeout(120_000)  # for busy machines
        tab.on('request', lambda request: requests.append(request.url))
        tab.goto(page.address)
        yield tab
        browser.close()


def upload(tab, *files):
    """Replace what is uploaded, and start."""
    remove = tab.locator('#files button[aria-label="Clear"]')
    if remove.count():
        remove.click()
    tab.set_input_files('#files input[type=file]', [str(file) for file in files])
    tab.locator('#files').get_by_text(files[0].stem).first.wait_for()
    tab.click('#start')


def source(tab, other_than=None):
    """The address of the frame's picture, once it is another one."""
    tab.wait_for_function(
        'old => { const i = document.querySelector("#frame img"); return i && i.src !== old; }',
        arg=other_than,
    )
    return tab.get_attribute('#frame img', 'src')


def test_an_example_is_analysed_and_nothing_is_fetched_from_elsewhere(tab, requests):
    tab.locator('#examples button').first.click()
    assert source(tab)
    assert tab.locator('#tags .tags').inner_text().split() == [
        'left',
        '0.90',
        'right',
        'side',
        '0.10',
    ]
    assert not tab.locator('#time').is_visible()
    assert tab.locator('#examples .selected').count() == 1
    hosts = {url.split('/')[2] for url in requests if url.startswith('http')}
    assert {host.split(':')[0] for host in hosts} == {'127.0.0.1'}


def test_a_video_is_shown_at_any_second_and_for_any_class(tab, media):
    old = tab.get_attribute('#frame img', 'src') if tab.locator('#frame img').count() else None
    upload(tab, media / 'clip.mp4')
    first = source(tab, old)
    # the example is no longer what is shown
    tab.wait_for_function('!document.querySelector("#examples .selected")', timeout=10_000)
    slider = tab.locator('#time input[type=range]')
    assert slider.get_attribute('max') == '1.5'
    slider.fill('1')
    later = source(tab, first)
    tab.get_by_label('right side').check()
    assert source(tab, later) not in (first, later)


@pytest.fixture
def analysed(tab, media):
    """The page with the video's results: the test before may have run in another process."""
    if not tab.locator('#time').is_visible():  # nothing, or a picture, is shown
        upload(tab, media / 'clip.mp4')
        tab.locator('#time').wait_for()
    return tab


def test_each_source_plays(analysed):
    tab = analysed
    players = tab.locator('#sounds audio')
    assert players.count() == 3
    for number in range(3):
        player = players.nth(number)
        player.evaluate('player => player.play()')
        handle = player.element_handle()
        tab.wait_for_function('player => player.currentTime > 0.05', arg=handle)
        player.evaluate('player => player.pause()')


def test_the_json_can_be_downloaded(analysed):
    tab = analysed
    with tab.expect_download() as download:
        tab.click('#record')
    assert download.value.suggested_filename == 'clip.windows.jsonl'
    with open(download.value.path()) as file:
        assert json.loads(file.readline())['format'] == 'mmavl.localization/2'


def test_a_bad_upload_gets_one_readable_line(tab, media):
    upload(tab, media / 'bad.mp4')
    message = tab.get_by_text('bad.mp4 cannot be decoded')
    message.wait_for()
    assert 'Traceback' not in tab.inner_text('body')
    assert str(media) not in tab.inner_text('body')


def test_without_a_separator_the_page_says_how_to_get_one(localizer, analyst, media, tmp_path):
    pytest.importorskip('gradio')
    from mmavl.demo.analysis import Analyst

    page = Page(Analyst(localizer))
    done = analyst([str(media / 'a.png'), str(media / 'a.wav')], tmp_path)
    assert HOW_TO_SEPARATE in page._players(done)
    page._folder.cleanup()
