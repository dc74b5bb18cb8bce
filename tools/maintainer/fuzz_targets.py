"""The file kinds that tools/maintainer/fuzz_files.py damages, with writers and readers."""

import contextlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile
import torch
from mmengine import Config
from mmengine.registry import DefaultScope
from PIL import Image

from mmavl.apis.annotate import annotate_video
from mmavl.datasets import AVDataset, SourceDataset
from mmavl.datasets.manifest import check_manifest, read_manifest
from mmavl.datasets.mixture_list import read_mixtures, write_mixtures
from mmavl.engine.checkpoint import checkpoint_metainfo, load_checkpoint, load_state
from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.evaluation import Prediction, read_predictions, write_predictions
from mmavl.export.single_file import load_exported, save_exported
from mmavl.media.audio import read_audio
from mmavl.media.formats import kind_of
from mmavl.media.image import read_image, read_image_size
from mmavl.media.media_file import MediaFile
from mmavl.media.sound_stream import SoundStream
from mmavl.media.video import PictureStream, read_video_frame
from mmavl.models.label_groups import MatrixGroups
from mmavl.preparation.published.safe_pickle import load_arrays
from mmavl.registry import MODELS
from mmavl.utils.label_lists import read_labels

#: Errors that a reader may raise.
ALLOWED = (CheckpointError, ConfigError, DataError, OSError)

CLASSES = ['Cello', 'Flute', 'Piano']
PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': 8000},
    {'type': 'Resize', 'size': [32, 32]},
    {'type': 'CropPadAudio', 'seconds': 0.5, 'crop': 'centre'},
    {'type': 'PackAVInputs'},
]
MODEL = {
    'type': 'CoarseToFine',
    'audio_backbone': {'type': 'CRNN', 'channels': [4, 4, 4, 4, 6]},
    'visual_backbone': {'type': 'CRNN', 'channels': [4, 4, 4, 4, 6]},
    'audio_tag_head': {'type': 'GRUTagHead', 'num_classes': 3, 'in_channels': 12, 'hidden': 3},
    'visual_tag_head': {'type': 'PooledTagHead', 'num_classes': 3, 'in_channels': 6},
    'disentangler': {'type': 'GradCAMDisentangler'},
    'data_preprocessor': {
        'type': 'AVDataPreprocessor',
        'spectrogram': {'type': 'LogMelSpectrogram', 'sample_rate': 8000, 'n_mels': 16},
    },
}


class Target(NamedTuple):
    """A kind of file: a writer of valid files into a folder, and a reader.

    ``read`` gets the path of a changed file, in the folder of the valid ones.
    """

    write: Callable[[Path], list[Path]]
    read: Callable[[Path], None]


def write_manifests(folder: Path) -> list[Path]:
    """A manifest of three clips with all possible keys, and their media."""
    entries = []
    for index in range(3):
        soundfile.write(folder / f'{index}.wav', np.full(4000, 0.1 * (1 + index)), 8000)
        Image.new('RGB', (16, 8)).save(folder / f'{index}.png')
        sounding = [{'bbox': [0.1, 0.2, 0.3, 0.4], 'label': 'Cello', 'sounding': True}]
        entry = {
            'clip_id': f'c{index}',
            'audio': f'{index}.wav',
            'frames': [f'{index}.png'] * 2,
            'fps': 2,
            'duration': 0.5,
            'tags': ['Cello'] if index else {'Cello': 0.9, 'wind': 0.2},
            'visual_tags': ['Cello', 'Flute'],
            'sources': {'Cello': f'{index}.wav'},
            'boxes': {'0': sounding, '1': []},
            'annotators': [[10, 20, 100, 200]],
        }
        entries.append(entry)
    meta = {'dataset': 'toy', 'split': 'train', 'classes': CLASSES, 'format_version': 1}
    meta['groups'] = {'strings': ['Cello'], 'wind': ['Flute'], 'keys': ['Piano']}
    path = folder / 'manifest.json'
    path.write_text(json.dumps({'metainfo': meta, 'data_list': entries}))
    return [path]


def read_one_manifest(path: Path) -> None:
    """Use a manifest in all ways, up to loading a sample of each dataset."""
    errors = []
    for step in (
        lambda: check_manifest(read_manifest(path), path.parent),
        lambda: _sample(AVDataset, path, frame='annotated'),
        lambda: _sample(AVDataset, path, tag_level='group', frame='random'),
        lambda: _sample(SourceDataset, path),
    ):
        try:
            step()
        except ALLOWED as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _sample(kind: type, path: Path, **options) -> None:
    with DefaultScope.overwrite_default_scope('mmavl'):
        dataset = kind(
            path.name, data_root=str(path.parent), pipeline=PIPELINE, test_mode=True, **options
        )
        _ = dataset[0], dataset[len(dataset) - 1]


def write_checkpoints(folder: Path) -> list[Path]:
    """A checkpoint, a bare state dict in both formats of torch, and an exported model."""
    cfg = Config({'model': MODEL, 'test_dataloader': {'dataset': {'pipeline': PIPELINE}}})
    state = _model().state_dict()
    meta = {'epoch': 3, 'dataset_meta': {'classes': CLASSES}}
    torch.save({'state_dict': state, 'meta': meta}, folder / 'a.pth')
    torch.save(state, folder / 'b.pth')
    torch.save(state, folder / 'c.pth', _use_new_zipfile_serialization=False)
    save_exported(folder / 'd.safetensors', cfg, state, CLASSES)
    return [
        folder / name for name in ('a.pth', 'b.pth', 'c.pth', 'd.safetensors', 'd.safetensors')
    ]


def _model() -> torch.nn.Module:
    with DefaultScope.overwrite_default_scope('mmavl'):
        return MODELS.build(MODEL)


def read_one_checkpoint(path: Path) -> None:
    """Read tensors and classes, fill a model, and build the model of an exported file."""
    if path.suffix == '.safetensors':
        model = load_exported(path)
        with torch.no_grad():
            model.data_preprocessor({'inputs': {'waveform': [torch.zeros(8000)]}})
    content = load_checkpoint(path)
    checkpoint_metainfo(content, path)
    load_state(_model(), content['state_dict'], str(path), strict=False)


def write_tables(folder: Path) -> list[Path]:
    """Mixture list, prediction dump, label lists, matrix and a published pickle."""
    write_mixtures(folder / 'mixtures.json', [[('a', 'Cello', 0.5), ('b', 'Flute')]] * 3, {})
    one = Prediction(
        'x', maps=np.ones((1, 2, 2)), map_labels=[1], gt_tags=[0, 1, 0], boxes=[[0, 0, 1, 1]],
        box_labels=[1], box_sounding=[True], box_families=[-1], box_names=['Flute'],
    )  # fmt: skip
    write_predictions(folder / 'dump.npz', [one], {'classes': CLASSES})
    (folder / 'labels.json').write_text(json.dumps(CLASSES))
    (folder / 'labels.csv').write_text('index,display_name\n0,Cello\n1,"Flute, wood"\n')
    np.save(folder / 'matrix.npy', np.eye(3))
    (folder / 'arrays.pkl').write_bytes(pickle.dumps({'a': np.ones(3)}, protocol=4))
    names = ('mixtures.json', 'dump.npz', 'labels.json', 'labels.csv', 'matrix.npy', 'arrays.pkl')
    return [folder / name for name in names]


def read_one_table(path: Path) -> None:
    """Read a file by its suffix."""
    readers = {'.npz': read_predictions, '.csv': read_labels, '.pkl': load_arrays}
    if path.suffix == '.npy':
        MatrixGroups(str(path), CLASSES)
    elif path.suffix == '.json':
        with contextlib.suppress(ConfigError):
            read_labels(str(path))
        with contextlib.suppress(DataError):
            read_mixtures(path)
    else:
        readers[path.suffix](str(path))


#: Containers, with codecs of pictures and sound.
_VIDEOS = {
    'avi': ('mpeg4', 'libmp3lame'), 'flv': ('flv', 'aac'), 'mkv': ('libx264', 'flac'),
    'mov': ('mjpeg', 'pcm_s16le'), 'mp4': ('libx264', 'aac'), 'ogv': ('libtheora', 'libvorbis'),
    'ts': ('mpeg2video', 'mp2'), 'vob': ('mpeg2video', 'ac3'), 'webm': ('libvpx', 'libopus'),
    'wmv': ('wmv2', 'wmav2'),
}  # fmt: skip
_SOUNDS = {'aac': 'aac', 'm4a': 'aac', 'mka': 'libvorbis', 'wma': 'wmav2', 'wv': 'wavpack'}
_SOUND_FILES = ('aiff', 'au', 'caf', 'flac', 'mp3', 'ogg', 'w64', 'wav')
_PICTURES = ('avif', 'bmp', 'gif', 'jp2', 'jpg', 'png', 'ppm', 'tga', 'tiff', 'webp')


def write_media(folder: Path) -> list[Path]:
    """Videos, sounds and pictures in all formats that FFmpeg, libsndfile and Pillow can write."""
    names = []
    for suffix, (video, audio) in _VIDEOS.items():
        if {video, audio} <= av.codecs_available:
            names.append(f'v.{suffix}')
            _write_av(folder / names[-1], video, audio)
    for suffix, audio in _SOUNDS.items():
        if audio in av.codecs_available:
            names.append(f'a.{suffix}')
            _write_av(folder / names[-1], None, audio)
    for suffix in _SOUND_FILES:
        names.append(f's.{suffix}')
        soundfile.write(folder / names[-1], _tone(2), 44100)
    small = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
    picture = Image.fromarray(np.kron(small, np.ones((8, 8, 1), np.uint8)))
    for suffix in _PICTURES:
        names.append(f'p.{suffix}')
        picture.save(folder / names[-1])
    Image.fromarray(np.asarray(picture)[..., 0].astype(np.uint16) * 257).save(folder / 'deep.png')
    return [folder / name for name in (*names, 'deep.png')]


def _tone(seconds: float) -> np.ndarray:
    return 0.5 * np.sin(np.arange(round(44100 * seconds)) / 16)


def _write_av(path: Path, video: str | None, audio: str) -> None:
    formats = {'aac': 'adts', 'ts': 'mpegts', 'wv': 'wv', 'm4a': 'mp4'}
    rate = 48000 if audio in ('libopus', 'ac3') else 44100
    with av.open(str(path), 'w', format=formats.get(path.suffix[1:])) as out:
        tracks = []
        if video:
            tracks.append(out.add_stream(video, rate=25))
            tracks[0].width, tracks[0].height = 96, 64
            tracks[0].pix_fmt = 'yuvj420p' if video == 'mjpeg' else 'yuv420p'
        tracks.append(out.add_stream(audio, rate=rate, layout='mono'))
        tracks[-1].bit_rate = 64_000
        for index in range(50):
            if video:
                pixels = np.full((64, 96, 3), 5 * index, np.uint8)
                frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
                frame.pts = index
                out.mux(tracks[0].encode(frame))
            samples = rate // 25
            piece = _tone(2)[None, :samples].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(piece), format='fltp', layout='mono'
            )
            frame.sample_rate, frame.pts = rate, index * samples
            out.mux(tracks[-1].encode(frame))
        for track in tracks:
            out.mux(track.encode(None))


def read_one_medium(path: Path) -> None:
    """Read a file in all ways used by datasets, converters and inferencers."""
    name, errors = str(path), []
    picture = (lambda: read_image(name), lambda: read_image_size(name))
    sound = (
        lambda: read_audio(name),
        lambda: read_audio(name, 16000, 1.0, lambda length, wanted: (length - wanted) / 2),
        lambda: _window(name),
    )
    pictures = (
        lambda: read_video_frame(name, 1.3),
        lambda: _middle(name),
        lambda: _one_file_for_all(name),
        lambda: annotate_video(name, path.with_name('annotated.mp4'), [], []),
    )
    kinds = {'picture': picture, 'sound': sound, 'video': sound + pictures}
    for step in kinds[kind_of(path)]:
        try:
            step()
        except ALLOWED as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _window(name: str) -> None:
    with SoundStream(name, 16000, 1.0, 1.0) as sound:
        sound.around(1.0)
        sound.around(2.5)


def _middle(source: str | MediaFile) -> None:
    with PictureStream(source) as pictures:
        next(pictures.at([pictures.length() / 2]))


def _one_file_for_all(name: str) -> None:
    with MediaFile(name) as file:
        _middle(file)
        with SoundStream(file, 16000, 1.0) as sound, PictureStream(file) as pictures:
            for time, _ in pictures.at(number / 2 for number in range(20)):
                sound.around(time)
        read_audio(file, seconds=float('inf'))


TARGETS = {
    'media': Target(write_media, read_one_medium),
    'manifests': Target(write_manifests, read_one_manifest),
    'checkpoints': Target(write_checkpoints, read_one_checkpoint),
    'tables': Target(write_tables, read_one_table),
}
