import errno
import io
import json
import os
import re
import shutil
import signal
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from mmavl.apis import LocalizationInferencer
from mmavl.cli import main
from mmavl.cli.infer import pair_up
from mmavl.errors import DataError
from mmavl.media.mp4_writer import Mp4Writer


@pytest.fixture
def pair(tmp_path):
    Image.fromarray(np.zeros((9, 13, 3), np.uint8)).save(tmp_path / 'a.png')
    soundfile.write(tmp_path / 'a.wav', np.sin(np.arange(8000)) / 2, 8000)
    return [str(tmp_path / 'a.png'), str(tmp_path / 'a.wav')]


@pytest.fixture
def videos(tmp_path, pair):
    """Two videos of 1 s with the pair's tone."""
    paths = [tmp_path / 'v 1.mp4', tmp_path / 'v2.mp4']
    for path in paths:
        with path.open('wb') as file, Mp4Writer(file, (16, 12), Fraction(4), pair[1]) as writer:
            for number in range(4):
                writer.write(number / 4, np.zeros((12, 16, 3), np.uint8))
    return paths


def localize(*arguments):
    return main(['localize', '--device', 'cpu', '--quiet', *map(str, arguments)])


def test_localize_writes_results_and_says_so(tmp_path, config, pair, capsys):
    out = tmp_path / 'out'
    assert localize(*pair, '--out', out, '--model', config) == 0
    said = capsys.readouterr()
    assert said.out.startswith('a: ')
    assert said.out.endswith(f'-> {out}/a.png\n')
    assert json.loads((out / 'a.json').read_text())['size'] == [13, 9]


def test_files_of_any_names_are_localized_annotated_listed_and_printed(
    tmp_path, config, videos, awkward_names, capsys
):
    folder = tmp_path / 'in \udce9\n'
    folder.mkdir()
    paths = [str(folder / f'x{name}.mp4') for name in awkward_names]
    for path in paths:
        shutil.copy(videos[0], path)
    out = tmp_path / 'out'
    assert localize(folder, '--out', out, '--model', config, '--rate', '1') == 0
    clips = index_of(out)['clips']
    assert len(clips) == len(capsys.readouterr().out.splitlines()) == len(paths)
    for entry in clips:
        record = json.loads((out / entry['json']).read_text(encoding='utf-8'))
        assert record['name'] == entry['name']
        paths.remove(record['source']['video'])
        (line,) = (out / entry['windows']).read_text(encoding='utf-8').splitlines()
        assert json.loads(line)['name']
        assert Image.open(out / entry['picture']).width > 100
        assert (out / entry['video']).stat().st_size > 1000
    assert paths == []
    assert len(list(out.iterdir())) == 4 * len(awkward_names) + 1


def test_a_picture_and_a_sound_whose_names_are_not_utf8_are_a_pair(tmp_path, config, pair):
    paths = [f'{tmp_path}/caf\udce9{Path(path).suffix}' for path in pair]
    for path, copy in zip(pair, paths):
        shutil.copy(path, copy)
    out = tmp_path / 'out'
    assert localize(*paths, '--out', out, '--model', config) == 0
    assert json.loads((out / 'caf_.json').read_text())['source'] == {
        'image': paths[0], 'audio': paths[1],
    }  # fmt: skip


@pytest.mark.parametrize('words', [['--json'], []])
@pytest.mark.parametrize('encoding', ['ascii', 'utf-8'])
def test_results_go_to_a_terminal_of_any_encoding(
    tmp_path, config, videos, monkeypatch, words, encoding
):
    video = str(tmp_path / 'ü\udce9.mp4')
    shutil.copy(videos[0], video)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(raw, encoding=encoding))
    out = tmp_path / 'out'
    assert localize(video, '--out', out, '--model', config, '--no-video', *words) == 0
    sys.stdout.flush()
    if words:
        assert json.loads(raw.getvalue())['clips'][0]['name'] == 'ü\udce9'
    else:
        shown = 'ü' if encoding == 'utf-8' else r'\xfc'
        assert raw.getvalue().decode().startswith(rf'{shown}\udce9: ')


def test_what_failed_is_listed_and_the_code_is_1(tmp_path, config, pair, capsys):
    out = tmp_path / 'out'
    assert localize(*pair, 'http://x.org/y.mp4', '--out', out, '--model', config, '--json') == 1
    said = capsys.readouterr()
    index = json.loads(said.out)
    assert index == json.loads((out / 'results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['a']
    assert [entry['name'] for entry in index['failures']] == ['http://x.org/y.mp4']
    assert said.err.splitlines()[-1].startswith('failed: http://x.org/y.mp4: ')


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--model', 'stage2_scenez'], "did you mean 'stage2_scenes"),
        (['--model', 'configs/cam_flickr.py'], '; it is at '),
        (['--model', 'untrained.py'], 'needs weights: train them with `mmavl train`'),
        (['--weights', 'none.pth'], 'checkpoint not found: none.pth'),
        (['--labels', 'Oboe'], "unknown class 'Oboe'; choose from Violin, Horn"),
        (['--device', 'quantum'], "device 'quantum' is not available"),
    ],
)
def test_what_is_wrong_before_the_start_is_one_line_and_code_2(
    tmp_path, config, pair, capsys, monkeypatch, arguments, said
):
    model = [] if '--model' in arguments else ['--model', config]
    monkeypatch.chdir(tmp_path)
    untrained = "model = dict(type='PooledTagHead', num_classes=2, in_channels=3)"
    (tmp_path / 'untrained.py').write_text(untrained)
    assert localize(*pair, '--out', tmp_path / 'out', *model, *arguments) == 2
    err = capsys.readouterr().err.strip()
    assert err.startswith('error: ')
    assert said in err
    assert '\n' not in err
    assert not (tmp_path / 'out').exists()


def test_a_video_is_not_overwritten_by_its_annotated_copy(tmp_path, config, videos, capsys):
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert localize(videos[1], '--out', tmp_path, '--model', config) == 2
    assert 'v2.mp4 is in' in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def index_of(folder):
    return json.loads((folder / 'results.json').read_text())


def test_videos_are_annotated_unless_it_is_declined(tmp_path, config, videos, capsys):
    out = tmp_path / 'out'
    assert localize(videos[0], '--out', out, '--model', config, '--rate', '4') == 0
    (entry,) = index_of(out)['clips']
    files = {key: entry[key] for key in ('json', 'picture', 'video', 'windows')}
    assert files == {
        'json': 'v_1.json',
        'picture': 'v_1.png',
        'video': 'v_1.mp4',
        'windows': 'v_1.windows.jsonl',
    }
    assert sorted(p.name for p in out.iterdir()) == sorted([*files.values(), 'results.json'])
    lines = (out / 'v_1.windows.jsonl').read_text().splitlines()
    assert [json.loads(line)['time'] for line in lines] == [0, 0.25, 0.5, 0.75]
    still = tmp_path / 'still'
    assert localize(videos[0], '--out', still, '--model', config, '--no-video') == 0
    assert sorted(p.name for p in still.iterdir()) == ['results.json', 'v_1.json', 'v_1.png']
    assert 'video' not in index_of(still)['clips'][0]


def test_the_annotations_options_are_those_of_the_command(tmp_path, config, videos, monkeypatch):
    asked = {}

    def go_on(self, result, loaded, folder, batch_size, entry, **options):
        asked.update(options, batch_size=batch_size)

    monkeypatch.setattr(LocalizationInferencer, 'go_on', go_on)
    options = {'rate': 3.0, 'smoothing': 0.5, 'max_side': 320, 'frame_rate': 2.0, 'batch_size': 5,
               'threshold': 0.25}  # fmt: skip
    words = [w for k, v in options.items() for w in (f'--{k.replace("_", "-")}', v)]
    assert localize(videos[1], '--out', tmp_path / 'out', '--model', config, *words) == 0
    assert asked == {**options, 'labels': None, 'whole_videos': True}


@pytest.mark.parametrize(
    ('error', 'message'),
    [
        (DataError('v 1.mp4 is truncated'), 'v 1.mp4 is truncated'),
        (
            OSError(22, 'the MP4 cannot be written'),
            'OSError: [Errno 22] the MP4 cannot be written',
        ),
        (ZeroDivisionError(), 'ZeroDivisionError'),
    ],
)
def test_a_video_that_cannot_be_annotated_keeps_its_picture_and_the_others_their_videos(
    tmp_path, config, videos, pair, capsys, monkeypatch, error, message
):
    go_on = LocalizationInferencer.go_on

    def fail(self, result, *args, **kwargs):
        if result.name == 'v 1':
            raise error
        return go_on(self, result, *args, **kwargs)

    monkeypatch.setattr(LocalizationInferencer, 'go_on', fail)
    out = tmp_path / 'out'
    assert localize(*videos, *pair, '--out', out, '--model', config) == 1
    index = index_of(out)
    assert [(e['name'], e.get('video')) for e in index['clips']] == [
        ('v 1', None),
        ('v2', 'v2.mp4'),
        ('a', None),
    ]
    assert index['failures'] == [{'name': 'v 1', 'message': message}]
    said = capsys.readouterr()
    assert [line.split(':')[0] for line in said.out.splitlines()] == ['v 1', 'v2', 'a']
    assert said.err.splitlines()[-1] == f'failed: v 1: {message}'


def test_ctrl_c_ends_with_130_and_results_of_what_is_done(
    tmp_path, config, videos, capsys, monkeypatch
):
    save = LocalizationInferencer.save_one

    def interrupt(self, result, *args):
        if result.name == 'v2':
            raise KeyboardInterrupt
        return save(self, result, *args)

    monkeypatch.setattr(LocalizationInferencer, 'save_one', interrupt)
    out = tmp_path / 'out'
    assert localize(*videos, '--out', out, '--model', config, '--batch-size', '1') == 130
    assert [entry['name'] for entry in index_of(out)['clips']] == ['v 1']
    assert capsys.readouterr().err.endswith('interrupted; results.json lists what was done\n')


def test_ctrl_c_while_the_model_is_loading_ends_with_one_line(
    tmp_path, config, videos, capsys, monkeypatch
):
    def interrupt(self, *args):
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalizationInferencer, 'class_numbers', interrupt)
    assert localize(*videos, '--out', tmp_path / 'out', '--model', config) == 130
    assert capsys.readouterr().err == 'interrupted before anything was done\n'
    assert not (tmp_path / 'out').exists()


def test_ctrl_c_while_a_video_is_annotated_keeps_the_videos_before_it(
    tmp_path, config, videos, monkeypatch
):
    go_on = LocalizationInferencer.go_on

    def interrupt(self, result, *args, **kwargs):
        if result.name == 'v2':
            raise KeyboardInterrupt
        return go_on(self, result, *args, **kwargs)

    monkeypatch.setattr(LocalizationInferencer, 'go_on', interrupt)
    out = tmp_path / 'out'
    assert localize(*videos, '--out', out, '--model', config) == 130
    assert [entry.get('video') for entry in index_of(out)['clips']] == ['v_1.mp4', None]


@pytest.mark.parametrize('stop', ['ctrl_c', 'terminated'])
def test_a_video_that_is_interrupted_keeps_the_part_that_is_done(
    tmp_path, config, videos, monkeypatch, caplog, media, stop
):
    windows = LocalizationInferencer.video
    videos[1] = media.write_clip(tmp_path / 'v3.mp4', media.grey_frames(30), wave=media.tone(3))

    def interrupted(self, path, **options):
        for number, window in enumerate(windows(self, path, **options)):
            if path == str(videos[1]) and number == 20:
                os.kill(os.getpid(), signal.SIGINT if stop == 'ctrl_c' else signal.SIGTERM)
                time.sleep(1)
            yield window

    monkeypatch.setattr(LocalizationInferencer, 'video', interrupted)
    out = tmp_path / 'out'
    arguments = (*videos, '--out', out, '--model', config, '--rate', '10')
    if stop == 'ctrl_c':
        assert localize(*arguments) == 130
    else:
        with pytest.raises(SystemExit) as ended:
            localize(*arguments)
        assert ended.value.code == 143
    first, second = index_of(out)['clips']
    assert (first['video'], first.get('interrupted')) == ('v_1.mp4', None)
    assert (second['video'], second['windows'], second['interrupted']) == (
        'v3~part.mp4', 'v3.windows~part.jsonl', True
    )  # fmt: skip
    times, pictures = media.read_video(out / 'v3~part.mp4')
    assert 1 <= len(times) == len(pictures) < len(media.read_video(videos[1])[0])
    assert len((out / 'v3.windows~part.jsonl').read_text().splitlines()) == 20
    start, _, kept = caplog.messages[-1].partition(': kept as ')
    assert re.fullmatch(r'interrupted at \d\.\d of 3\.0 s of video', start)
    assert kept == f'{out}/v3~part.mp4 and {out}/v3.windows~part.jsonl'
    monkeypatch.undo()
    assert localize(*arguments) == 0  # the next run replaces the parts
    assert not [*out.glob('*~part*')]
    assert index_of(out)['clips'][1]['video'] == 'v3.mp4'


def test_a_full_disk_ends_with_one_line_and_code_1(tmp_path, config, pair, capsys, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, 'No space left on device', 'a.png')

    monkeypatch.setattr(LocalizationInferencer, 'save_one', full)
    assert localize(*pair, '--out', tmp_path / 'out', '--model', config) == 1
    said = capsys.readouterr()
    assert said.err.splitlines() == ["error: [Errno 28] No space left on device: 'a.png'"]
    assert said.out == ''


def separate(*arguments):
    return main(['separate', '--device', 'cpu', '--quiet', *map(str, arguments)])


@pytest.fixture
def blind(tmp_path, config):
    """The config of a separator that sees nothing."""
    model = """_base_ = 'own.py'
model = dict(_delete_=True, type='NMFMFCC', templates=4, iterations=3,
    data_preprocessor=dict(type='SeparationDataPreprocessor'))"""
    (tmp_path / 'blind.py').write_text(model)
    return str(tmp_path / 'blind.py')


def test_separate_makes_as_many_sources_as_asked_for(tmp_path, blind, pair, capsys):
    out = tmp_path / 'out'
    assert separate(*pair, '--out', out, '--model', blind, '--num-sources', '3') == 0
    said = capsys.readouterr().out
    assert said == f'a: source 1, source 2, source 3 -> {out}/a.png\n'
    assert soundfile.info(out / 'a.source_3.wav').frames == 8000


def test_separate_says_which_frequencies_are_lost(tmp_path, blind, pair, capsys):
    command = ['separate', *pair, '--out', str(tmp_path / 'out'), '--model', blind]
    assert main([*command, '--device', 'cpu']) == 0
    assert capsys.readouterr().err.splitlines()[-1] == (
        'Sources are mono, without frequencies above 5.5 kHz: the model works at 11025 Hz.'
    )


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--sources', 'x=0,0,9,9', 'x=1,1,9,9'], '--sources names a source twice'),
        (['--sources', 'x=9,0,0,9'],
         "source 'x': (9.0, 0.0, 0.0, 9.0) is not a box: left, top, right, bottom"),
        (['--sources', 'x=none.png'],
         'none.png is missing: check data_root and the path in the manifest'),
        (['--sources', 'x=0,0,9,9'], 'NMFMFCC does not take sources: omit them'),
        (['--labels', 'Horn'], 'NMFMFCC has no localizer with labels: omit them'),
    ],
)  # fmt: skip
def test_sources_and_labels_that_do_not_fit_are_one_line_and_code_2(
    tmp_path, blind, pair, capsys, arguments, said
):
    assert separate(*pair, '--out', tmp_path / 'out', '--model', blind, *arguments) == 2
    assert capsys.readouterr().err == f'error: {said}\n'
    assert not (tmp_path / 'out').exists()


def test_a_full_disk_while_a_video_is_annotated_ends_the_run(
    tmp_path, config, videos, capsys, monkeypatch
):
    def full(self, result, *args, **kwargs):
        raise OSError(errno.ENOSPC, 'No space left on device', f'{result.name}.mp4')

    monkeypatch.setattr(LocalizationInferencer, 'go_on', full)
    out = tmp_path / 'out'
    assert localize(*videos, '--out', out, '--model', config) == 1
    assert capsys.readouterr().err.startswith('error: [Errno 28] No space left on device')
    assert [entry.get('video') for entry in index_of(out)['clips']] == [None]


def test_a_request_to_terminate_ends_with_143_and_what_is_done_is_listed(
    tmp_path, config, videos, monkeypatch
):
    def terminate(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

    monkeypatch.setattr(LocalizationInferencer, 'go_on', terminate)
    before = signal.getsignal(signal.SIGTERM)
    out = tmp_path / 'out'
    with pytest.raises(SystemExit) as ended:
        localize(*videos, '--out', out, '--model', config)
    assert ended.value.code == 143
    assert [entry['name'] for entry in index_of(out)['clips']] == ['v 1']
    assert signal.getsignal(signal.SIGTERM) is before


def test_pictures_need_their_sounds():
    assert pair_up(['a.mp4', 'b.JPG', 'c.wav', 'd']) == ['a.mp4', ('b.JPG', 'c.wav'), 'd']
    for wrong in (['b.jpg'], ['b.jpg', 'c.jpg'], ['c.wav', 'b.jpg']):
        with pytest.raises(ValueError, match=r'name a (sound file after|picture before) it'):
            pair_up(wrong)


@pytest.mark.parametrize('picture', ['a.jpg', 'a.tiff', 'a.AVIF', 'a.jfif'])
@pytest.mark.parametrize('sound', ['b.aiff', 'b.wma', 'b.mov', 'b.OPUS', 'b.mp4'])
def test_a_sound_is_what_the_library_reads_as_one(picture, sound):
    assert pair_up([picture, sound]) == [(picture, sound)]


@pytest.mark.parametrize(
    ('paths', 'said'),
    [
        (['a.jpg', 'b.xyz'], 'a.jpg is a picture: name a sound file after it; b.xyz is not one'),
        (['a.jpg', 'sounds.wav'], 'sounds.wav is not one'),
        (['a.jpg'], 'a.jpg is a picture: name a sound file after it$'),
        (['-'], '- is not a file: a clip cannot be read from stdin'),
    ],
)
def test_what_is_no_sound_is_named(paths, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'sounds.wav').mkdir()
    with pytest.raises(ValueError, match=said):
        pair_up(paths)


def test_a_folder_is_a_folder_whatever_its_name(tmp_path):
    (tmp_path / 'x.jpg').mkdir()
    assert pair_up([f'{tmp_path}/x.jpg', 'a.mp4']) == [f'{tmp_path}/x.jpg', 'a.mp4']


def test_what_stands_before_a_sound_and_is_no_picture_is_named():
    with pytest.raises(
        ValueError, match='name a picture before it; scan is not one, by its suffix'
    ):
        pair_up(['a.jpg', 'b.wav', 'scan', 'c.wav'])


def test_a_sound_alone_is_one_line_and_code_2(tmp_path, config, capsys):
    assert localize('c.wav', '--out', tmp_path / 'out', '--model', config) == 2
    assert capsys.readouterr().err == 'error: c.wav is a sound: name a picture before it\n'
