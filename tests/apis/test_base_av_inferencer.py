import errno
import json
from pathlib import Path

import pytest
import soundfile
from PIL import Image

from mmavl.apis.base_av_inferencer import BaseAVInferencer
from mmavl.apis.failures import Failure
from mmavl.apis.result_files import write_index, write_json
from mmavl.errors import ConfigError, DataError


class Name(str):
    """A clip's name that knows its clip."""

    clip = None


class Namer(BaseAVInferencer):
    """Gives the clips' names, in the case asked for; its picture is the frame itself."""

    def predict_batch(self, batch, return_datasamples=False, upper=False):
        self.batches.append([clip.name for clip, _ in batch])
        names = [Name(clip.name.upper() if upper else clip.name) for clip, _ in batch]
        for name, (clip, _) in zip(names, batch):
            name.clip = clip
        return [{'sample': name} for name in names] if return_datasamples else names

    def load(self, clip, **options):
        self.options = options
        return super().load(clip, **options)

    def draw(self, result, loaded):
        return loaded['image']

    def save_one(self, result, folder, loaded):
        write_json(folder / f'{result}.json', {'seconds': list(loaded['window'])})
        return {'name': result}


@pytest.fixture
def namer(media):
    made = Namer(media.toy_config(), device='cpu', show_progress=False)
    made.batches = []
    return made


def clips_of(names, media, seconds=2.0):
    """A grey picture of value 10 * i and a tone by each of the names; '-' names none."""
    pictures = media.grey_frames(len(names))
    return [
        {'image': pictures[i], 'audio': media.tone(seconds), 'sample_rate': 8000, 'name': name}
        if name != '-'
        else 'none.mp4'
        for i, name in enumerate(names)
    ]


def test_clips_go_through_in_batches_and_in_order(namer, media):
    out = namer(clips_of('abcde', media), batch_size=2)
    assert namer.batches == [['a', 'b'], ['c', 'd'], ['e']]
    assert out == {'predictions': [*'abcde'], 'visualization': [], 'failures': []}


@pytest.mark.parametrize('size', [0, -1, '2', 1.5])
def test_a_batch_has_a_whole_number_of_clips(namer, media, size):
    with pytest.raises(ValueError, match=f'batch_size={size!r} is not a whole number above 0'):
        namer(clips_of('ab', media), batch_size=size)


def test_nothing_is_written_beside_the_inputs(namer, clip, tmp_path):
    before = Path(clip).read_bytes()
    for write in (
        lambda: namer(clip, out_dir=tmp_path),
        lambda: namer.save(namer(clip), tmp_path),
    ):
        with pytest.raises(ValueError, match='choose another output folder'):
            write()
    assert [str(path) for path in tmp_path.iterdir()] == [clip]
    assert Path(clip).read_bytes() == before


def test_what_cannot_be_used_is_listed_and_makes_no_batch_smaller(namer, media, tmp_path):
    (tmp_path / 'x.mp4').write_text('no media at all')
    out = namer([*clips_of('a-', media), str(tmp_path / 'x.mp4'), *clips_of('bc', media)],
                batch_size=2)  # fmt: skip
    assert namer.batches == [['a', 'b'], ['c']]
    assert [failure.name for failure in out['failures']] == ['none.mp4', 'x']


def test_a_single_clip_that_cannot_be_used_raises_but_in_a_list_it_fails(namer, tmp_path):
    path = str(tmp_path / 'x.mp4')
    (tmp_path / 'x.mp4').write_text('no media at all')
    with pytest.raises(DataError, match=r'x\.mp4 cannot be decoded'):
        namer(path)
    out = namer([path])
    assert out['predictions'] == []
    (failure,) = out['failures']
    assert failure.name == 'x'
    assert f'{path} cannot be decoded' in failure.message


def break_for(namer, monkeypatch, method, name, error):
    """Let a method raise for the clip (or the batch with it) of a name."""
    before = getattr(namer, method)

    def fail(what, *args, **kwargs):
        clips = [clip for clip, _ in what] if isinstance(what, list) else [what]
        if name in [getattr(clip, 'name', clip) for clip in clips]:
            raise error
        return before(what, *args, **kwargs)

    monkeypatch.setattr(namer, method, fail)


ERRORS = [KeyError('x'), RuntimeError('odd\nshape'), MemoryError(), OSError(5, 'I/O')]
ERRORS += [StopIteration(), AssertionError(), RecursionError()]
ERRORS += [UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')]


@pytest.mark.parametrize('method', ['load', 'predict_batch', 'draw', 'save_one'])
@pytest.mark.parametrize('error', ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_goes_wrong_with_a_clip_is_its_failure_and_no_others(
    tmp_path, namer, media, monkeypatch, method, error
):
    break_for(namer, monkeypatch, method, 'b', error)
    out = namer(clips_of('abc', media), batch_size=3, return_vis=True, out_dir=tmp_path)
    assert out['predictions'] == ['a', 'c']
    assert [picture.mean() for picture in out['visualization']] == [0, 20]
    (failure,) = out['failures']
    assert failure.name == 'b'
    assert failure.message.startswith(type(error).__name__)
    assert '\n' not in failure.message
    index = json.loads((tmp_path / 'results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['a', 'c']
    assert [entry['name'] for entry in index['failures']] == ['b']


def test_a_batch_that_fails_is_tried_again_clip_by_clip(namer, media, monkeypatch):
    break_for(namer, monkeypatch, 'predict_batch', 'b', RuntimeError('sizes differ'))
    out = namer(clips_of('abcde', media), batch_size=3)
    assert namer.batches == [['a'], ['c'], ['d', 'e']]
    assert out['predictions'] == [*'acde']
    assert out['failures'] == [Failure('b', 'RuntimeError: sizes differ')]


def test_a_model_that_gives_too_few_results_is_found_out(namer, media, monkeypatch):
    monkeypatch.setattr(namer, 'predict_batch', lambda batch, **options: [])
    out = namer(clips_of('ab', media))
    assert out['predictions'] == []
    assert [failure.name for failure in out['failures']] == ['a', 'b']


def test_a_single_clip_raises_a_data_error_whatever_went_wrong(namer, media, monkeypatch):
    break_for(namer, monkeypatch, 'predict_batch', 'a', KeyError('x'))
    with pytest.raises(DataError, match=r"^a: KeyError: 'x'$") as raised:
        namer(*clips_of('a', media))
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize('method', ['load', 'predict_batch', 'draw', 'save_one'])
@pytest.mark.parametrize(
    'error', [KeyboardInterrupt(), SystemExit(), OSError(errno.ENOSPC, 'No space left', 'b.png')]
)
def test_an_interrupt_or_a_full_disk_ends_the_run_and_what_is_done_is_listed(
    tmp_path, namer, media, monkeypatch, method, error
):
    break_for(namer, monkeypatch, method, 'b', error)
    with pytest.raises(type(error)):
        namer(clips_of('abc', media), batch_size=1, return_vis=True, out_dir=tmp_path)
    index = json.loads((tmp_path / 'results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['a']


def test_saving_later_lists_what_cannot_be_saved(tmp_path, namer, media, monkeypatch):
    out = namer(clips_of('abc', media))
    break_for(namer, monkeypatch, 'save_one', 'b', KeyError('x'))
    index = namer.save(out, tmp_path)
    assert [entry['name'] for entry in index['clips']] == ['a', 'c']
    assert index['failures'] == [{'name': 'b', 'message': "KeyError: 'x'"}]
    assert out['failures'] == []


def test_an_option_that_there_is_not_is_said_before_any_clip_is_read(namer, media, monkeypatch):
    monkeypatch.setattr(namer, 'load', pytest.fail)
    with pytest.raises(TypeError, match="'lower'"):
        namer(clips_of('ab', media), lower=True)


def test_options_of_the_call_are_those_of_loading_and_of_prediction(namer, media):
    out = namer(clips_of('ab', media), upper=True)
    assert out['predictions'] == ['A', 'B']
    assert namer.options == {'upper': True}


def test_pictures_are_of_the_results_in_order(namer, media):
    out = namer(clips_of('ab', media), return_vis=True)
    assert [picture.mean() for picture in out['visualization']] == [0, 10]


def test_data_samples_are_neither_saved_nor_drawn(namer, media, tmp_path):
    for options in ({'out_dir': tmp_path / 'out'}, {'return_vis': True}):
        with pytest.raises(ValueError, match='goes with neither out_dir nor return_vis'):
            namer(clips_of('a', media), return_datasamples=True, **options)
    assert not (tmp_path / 'out').exists()
    assert namer(clips_of('a', media), return_datasamples=True)['predictions'] == [{'sample': 'a'}]


@pytest.mark.parametrize(('whole', 'window'), [(False, [0.5, 1.5]), (True, [0.0, 2.0])])
def test_results_are_saved_by_the_call_as_by_save(tmp_path, namer, media, whole, window):
    namer.whole_sound = whole
    video = media.write_clip(tmp_path / 'v.mov', media.grey_frames(20), wave=media.tone(2),
                             sound_codec='pcm_f32le')  # fmt: skip
    out = namer([video, 'none.mp4'], out_dir=tmp_path / 'one')
    index = namer.save(out, tmp_path / 'two')
    assert index['clips'] == [{'name': 'v'}]
    assert [failure['name'] for failure in index['failures']] == ['none.mp4']
    for folder in ('one', 'two'):
        assert json.loads((tmp_path / folder / 'results.json').read_text()) == index
        seconds = json.loads((tmp_path / folder / 'v.json').read_text())['seconds']
        assert seconds == pytest.approx(window, abs=1e-3)


def test_classes_are_numbered_by_name_in_the_order_asked_for(namer):
    assert namer.class_numbers(['quiet', 'loud']) == [1, 0]
    assert namer.class_numbers(None) == []
    with pytest.raises(ValueError, match="unknown class 'Violin'; choose from loud, quiet"):
        namer.class_numbers(['loud', 'Violin'])


def test_what_the_model_is_not_is_said_with_the_configs_name(namer):
    namer.check_has(True, 'localizer')
    with pytest.raises(ConfigError, match='builds a ToyLocalizer, which is not a horse'):
        namer.check_has(False, 'horse')


def test_json_is_readable_and_holds_what_was_written(tmp_path):
    content = {'name': '三', 'grid': [[1.5, -2e-05], [3, 4]], 'empty': [], 'names': ['a', 'b']}
    write_json(tmp_path / 'x.json', content)
    text = (tmp_path / 'x.json').read_text(encoding='utf-8')
    assert json.loads(text) == content
    lines = [line.strip() for line in text.splitlines()]
    assert '[ 1.5, -2e-05 ],' in lines  # numbers stay on one line, names do not
    assert lines.count('"a",') == 1
    assert '三' in text
    assert text.endswith('}\n')


def test_names_of_any_bytes_come_back_from_json_as_they_are(tmp_path, awkward_names):
    write_json(tmp_path / 'x.json', list(awkward_names))
    text = (tmp_path / 'x.json').read_text(encoding='utf-8')
    assert json.loads(text) == list(awkward_names)
    assert len(text.splitlines()) == len(awkward_names) + 2


def test_names_in_json_keep_their_spaces_wherever_they_look_like_numbers(tmp_path):
    content = {'source': 'take [1  2].mp4', 'names': ['[ 3\u30004 ]', '[-1,  5.e]']}
    write_json(tmp_path / 'x.json', content)
    assert json.loads((tmp_path / 'x.json').read_text(encoding='utf-8')) == content


def test_the_index_names_files_and_failures(tmp_path):
    index = write_index(tmp_path / 'new', [{'name': 'a'}], [Failure('b.mp4', 'is empty')])
    assert index == {
        'format': 'mmavl.results/1',
        'clips': [{'name': 'a'}],
        'failures': [{'name': 'b.mp4', 'message': 'is empty'}],
    }
    assert json.loads((tmp_path / 'new/results.json').read_text()) == index


def bad_files(folder, media):
    """Files that cannot be used, and what is said of each."""
    frames, wave = media.grey_frames(10), media.tone(1)
    media.write_clip(folder / 'silent.mp4', frames)
    media.write_clip(folder / 'blind.mp4', wave=wave)
    whole = media.write_clip(folder / 'cut.mp4', frames, wave=wave)
    whole.write_bytes(whole.read_bytes()[:300])
    (folder / 'text.mp4').write_text('no media at all\n' * 20)
    (folder / 'zero.mp4').touch()
    header = media.write_clip(folder / 'header.mp4', frames, wave=wave[:0])
    assert header.stat().st_size > 0
    soundfile.write(folder / 'nothing.wav', wave[:0], 8000)
    Image.fromarray(frames[0]).save(folder / 'nothing.png')
    (folder / 'broken.png').write_bytes(b'\x89PNG\r\n\x1a\n')
    soundfile.write(folder / 'broken.wav', wave, 8000)
    return {
        'silent': 'has no sound track',
        'blind': 'has no picture track',
        'cut': 'cannot be decoded',
        'text': 'cannot be decoded',
        'zero': 'is an empty file',
        'header': 'sound',
        'nothing': 'holds no sound',
        'broken': 'cannot be read as an image',
    }


def test_bad_files_are_listed_with_a_line_each_and_the_good_one_is_saved(tmp_path, namer, media):
    folder = tmp_path / 'in put ü'
    folder.mkdir()
    reasons = bad_files(folder, media)
    media.write_clip(folder / 'good.mp4', media.grey_frames(10), wave=media.tone(1))
    out = namer(folder, out_dir=tmp_path / 'out')
    assert out['predictions'] == ['good']
    messages = {failure.name: failure.message for failure in out['failures']}
    for name, reason in reasons.items():
        message = messages.pop(name, None) or messages.pop(f'{folder}/{name}.mp4')
        assert reason in message
        assert '\n' not in message
        assert str(folder) in message
    assert messages == {}
    assert sorted(p.name for p in (tmp_path / 'out').iterdir()) == ['good.json', 'results.json']


def test_results_are_saved_as_they_come_even_if_a_later_clip_breaks_the_run(
    tmp_path, namer, media, monkeypatch
):
    save = namer.save_one

    def fail(result, folder, loaded):
        if result == 'c':
            raise KeyboardInterrupt
        return save(result, folder, loaded)

    monkeypatch.setattr(namer, 'save_one', fail)
    with pytest.raises(KeyboardInterrupt):
        namer(clips_of('a-bc', media), batch_size=1, out_dir=tmp_path)
    index = json.loads((tmp_path / 'results.json').read_text())
    assert [entry['name'] for entry in index['clips']] == ['a', 'b']
    assert [entry['name'] for entry in index['failures']] == ['none.mp4']
    assert sorted(p.name for p in tmp_path.iterdir()) == ['a.json', 'b.json', 'results.json']
