import os
import random
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from mmengine.dataset import ConcatDataset, pseudo_collate
from mmengine.logging import MMLogger
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader

from mmavl.datasets import AVDataset, feature_cache
from mmavl.datasets.manifest import write_manifest
from mmavl.engine.hooks import FeatureCacheHook
from mmavl.errors import ConfigError, DataError
from mmavl.models.backbones import CachedBackbone
from mmavl.models.data_preprocessors import AVDataPreprocessor

CLIPS = 6
RATE = 8000
PIPELINE = [
    {'type': 'LoadFrame'},
    {'type': 'LoadAudio', 'sample_rate': RATE},
    {'type': 'Resize', 'size': (32, 32)},
    {'type': 'CropPadAudio', 'seconds': 0.5, 'crop': 'centre'},
    {'type': 'PackAVInputs', 'input_shape': (32, 32)},
]


@pytest.fixture
def root(tmp_path):
    draw = np.random.default_rng(0)
    entries = []
    for index in range(CLIPS):
        name = f'clip{index}'
        soundfile.write(tmp_path / f'{name}.wav', draw.uniform(-0.5, 0.5, RATE // 2), RATE)
        Image.fromarray(draw.integers(0, 256, (40, 40, 3), np.uint8)).save(
            tmp_path / f'{name}.jpg'
        )
        files = {'audio': f'{name}.wav', 'frames': [f'{name}.jpg'], 'fps': 1, 'duration': 0.5}
        entries.append({'clip_id': name, **files, 'tags': ['Harp']})
    metainfo = {'dataset': 'toy', 'split': 'train', 'classes': ['Harp', 'Horn']}
    write_manifest(tmp_path / 'toy.json', {'metainfo': metainfo, 'data_list': entries})
    return tmp_path


class Model(nn.Module):
    """Two frozen backbones; counts the clips that each has seen since it was made."""

    def __init__(self, seed=0, frozen=('audio', 'visual')):
        super().__init__()
        torch.manual_seed(seed)
        spectrogram = {'type': 'LogMelSpectrogram', 'sample_rate': RATE, 'n_fft': 512}
        spectrogram |= {'win_length': 320, 'hop_length': 160}
        self.data_preprocessor = AVDataPreprocessor(spectrogram=spectrogram)
        audio = {'type': 'CRNN', 'channels': (2, 2, 2, 2, 2)}
        visual = {'type': 'TimmBackbone', 'name': 'resnet10t', 'out_indices': (3,)}
        self.seen = {}
        for name, config in {'audio': audio, 'visual': visual}.items():
            if name in frozen:
                backbone = CachedBackbone(config)
                self.seen[name] = 0
                backbone.register_forward_pre_hook(
                    lambda _, args, name=name: self.count(name, args)
                )
                setattr(self, f'{name}_backbone', backbone)

    def count(self, name, args):
        self.seen[name] += len(args[0])


def dataset(root, pipeline=PIPELINE, **options):
    return AVDataset('toy.json', str(root), pipeline=pipeline, **options)


def prepare(model, data, **options):
    """Run the hook as a test of the model on the dataset would."""
    loader = DataLoader(data, batch_size=2, num_workers=1, collate_fn=pseudo_collate)
    logger = MMLogger.get_instance('features')
    runner = SimpleNamespace(model=model, test_dataloader=loader, logger=logger)
    FeatureCacheHook(**options).before_test(runner)
    return loader


def expected(model, root):
    """Features of all clips, by the backbones themselves."""
    samples = pseudo_collate([dataset(root)[index] for index in range(CLIPS)])
    inputs = model.data_preprocessor(samples)['inputs']
    audio = model.audio_backbone(inputs['spectrogram'])
    return {'audio_features': audio, 'image_features': model.visual_backbone(inputs['image'])}


def arrays(root):
    return sorted(path.name for path in (root / 'features').glob('*.npy'))


def test_workers_serve_what_the_backbones_give_and_no_media(root):
    model = Model()
    random_state = torch.get_rng_state()
    loader = prepare(model, dataset(root), batch_size=4)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert model.seen == {'audio': CLIPS + 1, 'visual': CLIPS + 1}  # one for the shape
    features = expected(model, root)
    for path in [*root.glob('*.wav'), *root.glob('*.jpg')]:
        path.unlink()
    batches = [batch['inputs'] for batch in loader]
    assert batches[0].keys() == {'audio_features', 'image_features'}
    for name, values in features.items():
        read = torch.cat([torch.stack(batch[name]) for batch in batches])
        assert read.dtype == torch.float16
        assert values.std() > 0.001  # there is something to compare
        torch.testing.assert_close(read.float(), values, rtol=1e-3, atol=1e-5)


def test_a_second_run_computes_nothing(root):
    prepare(Model(), dataset(root))
    model = Model()
    data = dataset(root)
    prepare(model, data)
    assert model.seen == {'audio': 0, 'visual': 0}
    torch.testing.assert_close(
        torch.tensor(np.array(data.features.read(5)['image_features'])).float(),
        expected(model, root)['image_features'][5],
        rtol=1e-3,
        atol=1e-5,
    )


def test_a_cache_that_is_used_is_told_from_one_that_is_not(root):
    prepare(Model(), dataset(root))
    other = Model()
    with torch.no_grad():
        next(other.visual_backbone.parameters())[0] += 1
    prepare(other, dataset(root))
    notes = set((root / 'features').glob('*.json'))
    assert len(notes) == 3  # sound's is common to both
    for note in notes:
        os.utime(note, (1000, 1000))
    prepare(other, dataset(root))
    (unused,) = (note for note in notes if note.stat().st_mtime == 1000)
    data = dataset(root)
    prepare(Model(), data)
    assert data.features.paths['image_features'].with_suffix('.json') == unused


def test_an_interrupted_run_goes_on_with_the_rows_not_on_the_disk(root, monkeypatch):
    monkeypatch.setattr(feature_cache, '_SYNC_ROWS', 2)
    model = Model()
    count = model.count

    def stop_at_the_fourth_clip(name, args):
        count(name, args)
        if model.seen['visual'] == 5:
            raise KeyboardInterrupt

    model.count = stop_at_the_fourth_clip
    data = dataset(root)
    with pytest.raises(KeyboardInterrupt):
        prepare(model, data, batch_size=1)
    assert data.features is None
    (partial,) = (root / 'features').glob('*image*.partial.npy')
    rows = np.load(partial, mmap_mode='r+')
    rows[2:] = 9  # written or not, they were not brought to the disk
    rows.flush()

    model = Model()
    prepare(model, data, batch_size=1)
    assert model.seen['visual'] == CLIPS - 2 + 1
    assert len(arrays(root)) == 2
    for name, features in expected(model, root).items():
        read = np.stack([data.features.read(index)[name] for index in range(CLIPS)])
        np.testing.assert_allclose(read, features, rtol=1e-3, atol=1e-5)


def test_what_a_feature_depends_on_makes_a_new_cache(root):
    def keys(model=None, pipeline=PIPELINE, **options):
        data = dataset(root, pipeline, **options)
        prepare(model or Model(), data)
        return tuple(data.features.paths[n] for n in ('audio_features', 'image_features'))

    audio, image = keys()
    assert keys() == (audio, image)
    other = Model()
    with torch.no_grad():
        next(other.visual_backbone.parameters())[0] += 1e-4
    assert keys(other) == (audio, keys(other)[1])
    assert keys(other)[1] != image
    smaller = [*PIPELINE]
    smaller[2] = {'type': 'Resize', 'size': (32, 64)}
    assert keys(pipeline=smaller)[0] == audio
    assert keys(pipeline=smaller)[1] != image
    assert not {*keys(indices=3)} & {audio, image}
    stat = (root / 'clip4.jpg').stat()
    os.utime(root / 'clip4.jpg', ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert not {*keys()} & {audio, image}


def test_another_frame_of_the_same_file_makes_a_new_cache(root):
    model = Model(frozen=('visual',))
    data = dataset(root, test_mode=True)
    prepare(model, data)
    moved = dataset(root, test_mode=True)
    info = moved.get_data_info
    moved.get_data_info = lambda index, frame=None: {
        **info(index, frame),
        'time': float(index == 3),
    }
    prepare(model, moved)
    assert data.features.paths != moved.features.paths


def test_a_broken_training_clip_is_named_and_replaced(root, monkeypatch):
    log = []
    monkeypatch.setattr(
        'mmavl.datasets.av_dataset.print_log', lambda text, *args: log.append(text)
    )
    (root / 'clip0.jpg').write_bytes(b'')
    (root / 'clip3.wav').write_text('no sound')
    data = dataset(root, max_bad_share=0.4)
    prepare(Model(), data)
    for index, name in ((3, 'clip3'), (0, 'clip0')):
        assert data[index]['data_samples'].clip_id not in ('clip0', 'clip3')
        assert f"(clip '{name}', manifest {root / 'toy.json'})" in log.pop(0)
    assert data[1]['data_samples'].clip_id == 'clip1'
    assert not log


def test_a_broken_test_clip_stops_and_is_named(root):
    (root / 'clip3.jpg').write_bytes(b'')
    with pytest.raises(DataError, match=r"clip3\.jpg.*\(clip 'clip3', manifest .*toy\.json\)"):
        prepare(Model(), dataset(root, test_mode=True))
    assert all(name.endswith(('.partial.npy', '.rows.npy')) for name in arrays(root))


def test_a_split_without_any_readable_clip_is_named(root):
    for index in range(CLIPS):
        (root / f'clip{index}.wav').unlink()
    with pytest.raises(DataError, match=r'none of the 6 samples of .*toy\.json can be read'):
        prepare(Model(), dataset(root))


def draw_from_numpy(results):
    np.random.rand()  # noqa: NPY002
    return results


def draw_from_torch(results):
    torch.rand(())
    return results


def draw_from_python(results):
    random.random()
    return results


@pytest.mark.parametrize('draw', [draw_from_numpy, draw_from_torch, draw_from_python])
def test_random_augmentation_is_refused(root, draw):
    with pytest.raises(ConfigError, match=r'the pipeline of .*toy\.json is random'):
        prepare(Model(), dataset(root, [*PIPELINE[:4], draw, PIPELINE[4]]))
    assert not (root / 'features').exists()


def test_a_model_that_trains_its_backbones_reads_media(root):
    data = dataset(root)
    prepare(Model(frozen=()), data)
    assert data.features is None


def test_one_frozen_backbone_leaves_the_other_modality_as_it_is(root):
    data = dataset(root)
    prepare(Model(frozen=('visual',)), data)
    assert data[0]['inputs'].keys() == {'image_features', 'waveform'}


def test_datasets_inside_a_wrapper_are_found_and_the_folder_can_be_chosen(root, tmp_path):
    parts = [dataset(root, indices=[0, 1]), dataset(root, indices=[4])]
    prepare(Model(), ConcatDataset(parts), cache_dir=str(tmp_path / 'elsewhere'))
    assert len(list((tmp_path / 'elsewhere').glob('*.npy'))) == 4
    clip4 = dataset(root)
    prepare(Model(), clip4)
    first, second = parts[1].features.read(0), clip4.features.read(4)
    np.testing.assert_array_equal(first['audio_features'], second['audio_features'])
