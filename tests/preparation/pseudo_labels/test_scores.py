import numpy as np
import pytest
from PIL import Image

from mmavl.datasets.manifest import read_manifest
from mmavl.preparation.pseudo_labels.scores import teacher_scores
from mmavl.registry import MODELS


@pytest.fixture
def score(data_root, config, tmp_path):
    """Label the toy manifest by one modality's teacher."""

    def run(modality, edit=lambda teacher, entries: None, **kwargs):
        built = config[modality]['teacher']
        teacher, entries = MODELS.build(built), read_manifest(data_root / 'toy.json')['data_list']
        edit(teacher, entries)
        path = tmp_path / 'scores/toy'
        return teacher_scores(teacher, built, entries, data_root, path, workers=0, **kwargs)

    return run


def test_every_clip_gets_its_own_middle_frames_probabilities(score):
    light = np.array([1, 2, 3, 4]) / 20
    assert np.allclose(score('visual'), np.stack([1 - light, light], 1), atol=1e-3)


def test_several_frames_are_averaged(score):
    # frames of 10, 10, 20 times the clip's number: two of them are the first and the third
    light = np.array([1, 2, 3, 4]) * (10 + 20) / 2 / 200
    assert np.allclose(score('visual', frames=2)[:, 1], light, atol=1e-3)


def test_windows_find_what_is_bright_in_one_place(score, data_root):
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[20:, 40:] = 100  # the lower right quarter
    Image.fromarray(picture).save(data_root / 'clip0.png')
    dark, light = score('visual', windows=3)[0]
    assert (dark, light) == pytest.approx((1, 0.5), abs=1e-3)
    assert score('visual')[0, 1] == pytest.approx(0.125, abs=1e-3)


def test_sounds_come_at_the_teachers_rate(score):
    lengths = []

    def edit(teacher, entries):
        plain = teacher.probabilities
        teacher.probabilities = lambda m: lengths.extend(len(w) for w in m) or plain(m)

    found = score('audio', edit)
    assert lengths == [4000] * 4
    assert np.allclose(found, [[0.5, 0.5]] * 4, atol=0.02)


def test_what_cannot_be_read_is_nan(score, data_root):
    (data_root / 'clip2.png').write_bytes(b'no image')
    found = score('visual')
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[[0, 1, 3]]).all()


def test_an_interrupted_run_goes_on_and_a_finished_one_is_read_back(score):
    seen = []

    def stop_after(count):
        def edit(teacher, entries):
            plain = teacher.probabilities

            def probabilities(media):
                if len(seen) == count:
                    raise KeyboardInterrupt
                seen.append(media[0].mean())
                return plain(media)

            teacher.probabilities = probabilities

        return edit

    with pytest.raises(KeyboardInterrupt):
        score('visual', stop_after(2))
    found = score('visual', stop_after(9))
    assert seen == [10, 20, 30, 40]
    assert score('visual', stop_after(4)).tolist() == found.tolist()


def test_other_weights_other_clips_and_changed_media_are_labelled_anew(score, config, data_root):
    calls = []

    def edit(teacher, entries):
        plain = teacher.probabilities
        teacher.probabilities = lambda media: calls.append(1) or plain(media)

    score('visual', edit)
    score('visual', edit)
    assert len(calls) == 4
    score('visual', lambda t, entries: (edit(t, entries), entries.reverse()))
    assert len(calls) == 8
    (data_root / 'clip0.png').touch()
    score('visual', edit)
    assert len(calls) == 12
    with open(config['visual']['teacher']['weights'], 'ab') as file:
        file.write(b'!')
    score('visual', edit)
    assert len(calls) == 16
