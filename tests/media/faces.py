"""The ways in which mmavl reads pictures and sound, one function for each."""

import os
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from mmavl.apis.clips import Clip
from mmavl.apis.pipeline import ClipPipeline
from mmavl.datasets.transforms import LoadAudio, LoadFrame
from mmavl.detection.frames import ManifestFrames
from mmavl.errors import DataError
from mmavl.media.sound_stream import SoundStream
from mmavl.preparation.converters.cutting import ClipSpec, video_frames
from mmavl.preparation.converters.index import Source
from mmavl.preparation.converters.media import ClipJob, convert_clip
from mmavl.preparation.pseudo_labels.scores import teacher_scores
from mmavl.utils.autocast import Precision

from .writing import FPS

#: Of the sound, in Hz.
RATE = 16_000


def pipeline(seconds=1.0):
    steps = [{'type': 'LoadAudio', 'sample_rate': RATE, 'seconds': seconds}]
    return ClipPipeline({'test_dataloader': {'dataset': {'pipeline': steps}}}, 2)


# ---------------------------------------------------------------- faces that read pictures


def by_the_dataset(path, time):
    return LoadFrame()({'video': path, 'time': time})['image']


def by_the_converters(path, time):
    return next(video_frames(path, [time], 10_000), None)


def by_the_detector(path, time):
    folder, name = os.path.split(path)
    entry = {'clip_id': 'x', 'video': name, 'fps': FPS, 'duration': time + 1}
    return ManifestFrames([entry], folder)[round(time * FPS)]


def by_the_inferencers(path, time):
    return next(pipeline().pictures(path, [time]))


class Witness:
    """A teacher that keeps what it is shown."""

    seen = None
    labels, precision = ['x'], Precision.choose('float32', 'cpu')

    def __init__(self, folder, modality):
        self.modality, self.sample_rate = modality, RATE
        self.weights = Path(folder, 'weights')
        self.weights.touch()

    def __call__(self, pieces):
        self.seen = pieces[0]
        return np.zeros((len(pieces), 1), np.float32)

    def label(self, path, entry):
        folder = os.path.dirname(path)
        scores = Path(tempfile.mkdtemp(dir=folder), 'scores')
        teacher_scores(self, {}, [entry], folder, scores, workers=0)
        if self.seen is None:  # what cannot be read is nan
            raise DataError(f'{path} was not read')
        return self.seen


def by_the_teachers(path, time):
    folder, name = os.path.split(path)
    entry = {'clip_id': 'x', 'video': name, 'fps': FPS, 'duration': 2 * time + 1 / FPS}
    teacher = Witness(folder, 'visual')
    return teacher.label(path, entry)


PICTURES = [
    by_the_dataset,
    by_the_converters,
    by_the_detector,
    by_the_inferencers,
    by_the_teachers,
]


# ------------------------------------------------------------------- faces that read sound


def sound_of_the_dataset(path):
    return LoadAudio(RATE)({'audio_path': path})['waveform']


def sound_of_the_converters(path):
    folder, name = os.path.split(path)
    source = Source(audio=path, images=[f'{folder}/still.jpg'])
    Image.new('RGB', (32, 32)).save(source.images[0])
    job = ClipJob(f'{name}.clip', 'clips', source, 0.0)
    with_all = ClipSpec(None, None, sample_rate=RATE)
    outcome = convert_clip(job, Path(folder), with_all)
    assert not outcome.cause, outcome.detail
    return soundfile.read(f'{folder}/{job.key}.wav')[0]


def sound_of_the_inferencers(path):
    return pipeline().load(Clip('x', np.zeros((8, 8, 3), np.uint8), path), whole=True)['waveform']


def sound_of_windows(path):
    length = SoundStream.length_of(path)
    with SoundStream(path, RATE, seconds=length + 1) as sound:
        return sound.around(0.0)[1]


def sound_of_the_teachers(path):
    folder, name = os.path.split(path)
    teacher = Witness(folder, 'audio')
    entry = {'clip_id': 'x', 'audio': name, 'duration': 0.1}
    return teacher.label(path, entry)


SOUNDS = [
    sound_of_the_dataset,
    sound_of_the_teachers,
    sound_of_the_converters,
    sound_of_the_inferencers,
    sound_of_windows,
]
