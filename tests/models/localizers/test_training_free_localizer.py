import math

import pytest
import torch
from torch.nn import functional as F

from mmavl.errors import ConfigError
from mmavl.models.localizers import TrainingFreeLocalizer
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample
from mmavl.taggers.audio import BaseAudioTagger
from mmavl.taggers.visual import BaseDenseClassifier

CLASSES = ['Violin', 'Harp', 'Dog', 'Wind', 'strings']
HEARD = ['violin sound', 'harp sound', 'bark', 'howl', 'wind sound', 'strings sound']


@MODELS.register_module(force=True)
class WrittenTagger(BaseAudioTagger):
    """Reads the logits of its labels from the first samples of a sound."""

    sample_rate = 16000
    labels = HEARD

    def forward(self, waveform):
        return waveform[:, None, : len(HEARD)]


@MODELS.register_module(force=True)
class PaintedClassifier(BaseDenseClassifier):
    """Sees the red, green and blue of a picture, with 255 as a logit of ``most``."""

    stride = 8

    def __init__(self, labels=('violin look', 'harp look', 'dog look'), most=20.0, sizes=()):
        super().__init__()
        self.labels = list(labels)
        self.most = most
        self.sizes = sizes
        self.shapes = []

    def forward(self, image):
        self.shapes.append(tuple(image.shape[-2:]))
        return F.avg_pool2d(image, self.stride)[:, : len(self.labels)] * self.most / 255


AUDIO = {
    'Violin': ['violin sound'],
    'Harp': ['harp sound'],
    'Dog': ['bark', 'howl'],
    'Wind': ['wind sound'],
    'strings': ['strings sound'],
}
VISUAL = {'Violin': ['violin look'], 'Harp': ['harp look'], 'Dog': ['dog look']}


def make(audio=AUDIO, visual=VISUAL, classifiers=({},), **kwargs):
    options = {
        'families': {'strings': ['Violin', 'Harp']},
        'sizes': (32,),
        'grid': 8,
        'visible_from': 9.0,
        **kwargs,
    }
    return TrainingFreeLocalizer(
        classes=CLASSES,
        tagger={'type': 'WrittenTagger'},
        classifiers=[{'type': 'PaintedClassifier', **c} for c in classifiers],
        audio_groups={'type': 'TableGroups', 'table': audio},
        visual_groups={'type': 'TableGroups', 'table': visual},
        **options,
    )


def picture(*patches, size=(32, 32)):
    """Black, with patches (channel, row, column, value) of 8 x 8 pixels."""
    image = torch.zeros(3, *size)
    for channel, row, column, value in patches:
        image[channel, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = value
    return image


def sound(**logits):
    wave = torch.full((100,), -9.0)
    for name, value in logits.items():
        wave[HEARD.index(name.replace('_', ' '))] = value
    return wave


def predict(model, images, sounds, asked=()):
    samples = [AVDataSample(metainfo={'clip_id': str(n)}) for n in range(len(images))]
    for sample in samples:
        sample.gt_tags = torch.zeros(len(CLASSES))
        sample.gt_tags[[CLASSES.index(name) for name in asked]] = 1.0
    data = {
        'inputs': {'image': [i.byte() for i in images], 'waveform': sounds},
        'data_samples': samples,
    }
    return model(**model.data_preprocessor(data), mode='predict')


def map_of(sample, name):
    labels = sample.map_labels.tolist()
    return sample.pred_maps.data[labels.index(CLASSES.index(name))]


def peak_of(heat):
    return divmod(int(heat.argmax()), heat.shape[1])


VIOLIN_LEFT_HARP_RIGHT = picture((0, 1, 0, 255.0), (1, 1, 3, 255.0))


def test_a_class_that_is_heard_and_seen_sounds_with_the_probability_of_the_formula():
    model = make(grid=4, audio_weight=0.5, visual_weight=0.1, rival_weight=0.0, bias=-1.0)
    (sample,) = predict(model, [VIOLIN_LEFT_HARP_RIGHT], [sound(violin_sound=2.0)])
    look = model.class_activations(VIOLIN_LEFT_HARP_RIGHT)[0].max().item()
    assert look == pytest.approx(20.0, rel=1e-3)
    expected = 1 / (1 + math.exp(-(0.5 * 2.0 + 0.1 * 16.0 - 1.0)))
    assert sample.pred_tags[0].item() == pytest.approx(expected, abs=1e-4)
    seen = 1 / (1 + math.exp(-(look - 9.0) / 2))
    assert sample.pred_visual_tags[0].item() == pytest.approx(seen, abs=1e-4)


def test_the_map_of_a_class_is_where_it_is_seen():
    (sample,) = predict(
        make(), [VIOLIN_LEFT_HARP_RIGHT], [sound(violin_sound=3.0)], asked=['Violin', 'Harp']
    )
    assert peak_of(map_of(sample, 'Violin'))[1] < 3
    assert peak_of(map_of(sample, 'Harp'))[1] > 4
    assert map_of(sample, 'Violin').max() == 1.0
    assert map_of(sample, 'Violin').min() == 0.0


def test_the_map_of_a_family_follows_what_is_heard():
    heard_violin, heard_harp = predict(
        make(),
        [VIOLIN_LEFT_HARP_RIGHT] * 2,
        [sound(violin_sound=2.0), sound(harp_sound=2.0)],
        asked=['strings'],
    )
    assert peak_of(map_of(heard_violin, 'strings'))[1] < 3
    assert peak_of(map_of(heard_harp, 'strings'))[1] > 4


def test_what_is_heard_of_a_family_alone_speaks_for_its_classes_by_their_looks():
    image = picture((0, 1, 0, 150.0), (1, 1, 3, 255.0))
    (sample,) = predict(make(), [image], [sound(strings_sound=4.0)], asked=['strings'])
    assert peak_of(map_of(sample, 'strings'))[1] > 4
    probs = dict(zip(CLASSES, sample.pred_tags.tolist()))
    assert probs['strings'] > 0.5 > max(probs['Violin'], probs['Harp'])


def test_one_object_has_one_name():
    both = picture((0, 1, 1, 255.0), (1, 1, 1, 200.0))  # the violin looks a bit like a harp
    heard = sound(violin_sound=1.0, harp_sound=0.5)
    (sample,) = predict(make(), [both], [heard])
    (alone,) = predict(make(rival_weight=0.0), [both], [heard])
    assert sample.pred_tags[0] == alone.pred_tags[0] > 0.5
    assert sample.pred_tags[1] < 0.1 < alone.pred_tags[1]


def test_two_objects_have_two_names():
    heard = sound(violin_sound=1.0, harp_sound=0.5)
    (sample,) = predict(make(), [VIOLIN_LEFT_HARP_RIGHT], [heard])
    assert sample.pred_labels.tolist() == [0, 1, 4]


def test_a_class_that_no_classifier_knows_is_heard_and_not_seen():
    (sample,) = predict(make(), [picture()], [sound(wind_sound=3.0)], asked=['Wind'])
    wind = CLASSES.index('Wind')
    assert sample.pred_tags[wind] > 0.5
    assert sample.pred_visual_tags[wind] < 1e-3
    assert map_of(sample, 'Wind').max() == 0.0


def test_in_silence_nothing_sounds():
    (sample,) = predict(make(), [VIOLIN_LEFT_HARP_RIGHT], [sound()])
    assert sample.pred_labels.tolist() == []
    assert sample.pred_tags.max() < 0.3


def test_the_best_of_several_labels_counts():
    (sample,) = predict(make(), [picture((2, 0, 0, 255.0))], [sound(howl=2.0)])
    assert sample.pred_labels.tolist() == [CLASSES.index('Dog')]


def test_pictures_of_different_sizes_go_together_and_are_seen_at_every_size():
    model = make(sizes=(32, 64))
    images = [picture(size=(40, 80)), picture(size=(5, 7))]  # the second is smaller than a cell
    samples = predict(model, images, [sound(bark=2.0)] * 2, asked=['Dog'])
    assert model.classifiers[0].shapes == [(32, 64), (64, 128), (32, 48), (64, 88)]
    assert [map_of(sample, 'Dog').shape for sample in samples] == [(8, 8)] * 2


def test_classifiers_that_know_a_class_are_averaged_at_their_own_sizes():
    faces = {'labels': ['face'], 'most': 10.0, 'sizes': (16,)}
    visual = {**VISUAL, 'Violin': ['violin look', 'face'], 'Wind': ['face']}
    model = make(visual=visual, classifiers=({}, {'most': 30.0}, faces))
    looks = model.class_activations(torch.full((3, 32, 32), 255.0))
    by_class = dict(zip(CLASSES, looks.amax((1, 2)).tolist()))
    assert by_class['Violin'] == pytest.approx((20 + 30 + 10) / 3)
    assert by_class['Harp'] == pytest.approx((20 + 30) / 2)
    assert by_class['Wind'] == pytest.approx(10)
    assert model.classifiers[2].shapes == [(16, 16)]


def test_a_label_that_no_network_has_is_named():
    with pytest.raises(ConfigError, match=r"'violin noise', in the table for 'Violin'"):
        make(audio={**AUDIO, 'Violin': ['violin noise']})
    with pytest.raises(ConfigError, match=r"'viola look'"):
        make(visual={**VISUAL, 'Violin': ['viola look']})
    with pytest.raises(ConfigError, match=r"'Viol' in families is not a class"):
        make(families={'strings': ['Viol']})


def test_a_class_without_any_label_is_named():
    without = {name: labels for name, labels in AUDIO.items() if name != 'Wind'}
    with pytest.raises(ConfigError, match='no network has a label for Wind: add labels'):
        make(audio=without)
    without.pop('strings')  # a family has its classes' labels
    make(audio={**without, 'Wind': ['wind sound']})


def test_there_is_nothing_to_train():
    model = make().train()
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    with pytest.raises(ConfigError, match='cannot be trained'):
        model.loss({}, [])


def test_kinds_are_judged_by_the_labels_that_tell_them_apart():
    model = make(
        audio={**AUDIO, 'Barking dog': ['bark'], 'Howling dog': ['howl']},
        kinds={'Dog': ['Barking dog', 'Howling dog']},
    )
    waves = torch.zeros(2, 16000)
    waves[:, :6] = -9.0
    waves[0, 2], waves[1, 3] = 4.0, 4.0  # barks, howls
    image = picture((2, 1, 1, 255.0))
    results = model.extract({'waveform': waves, 'image': [image, image]})
    assert results['logits'].shape == (2, len(CLASSES))
    assert results['maps'].shape == (2, len(CLASSES), 8, 8)
    assert (results['kinds'] > 0.5).tolist() == [[True, False], [False, True]]
    with pytest.raises(ConfigError, match='no network has a label for Silent dog'):
        make(kinds={'Dog': ['Silent dog']})


def test_what_is_in_plain_sight_does_not_sound_for_that():
    for limit, counts in ((16.0, 16.0), (30.0, 20.0)):
        model = make(grid=4, audio_weight=0.5, rival_weight=0.0, bias=0.0, visual_limit=limit)
        (sample,) = predict(model, [VIOLIN_LEFT_HARP_RIGHT], [sound(violin_sound=-4.0)])
        expected = 1 / (1 + math.exp(-(0.5 * -4.0 + 0.15 * counts)))
        assert sample.pred_tags[0].item() == pytest.approx(expected, abs=1e-4)
        assert sample.pred_visual_tags[0].item() > 0.99
