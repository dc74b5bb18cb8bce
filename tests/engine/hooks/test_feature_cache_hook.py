import json
import multiprocessing
import os
import random
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from mmengine import Config
from mmengine.dataset import ConcatDataset, pseudo_collate
from mmengine.logging import MMLogger
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader

from mmavl.datasets import AVDataset, feature_cache, feature_filling
from mmavl.datasets.manifest import read_manifest, write_manifest
from mmavl.datasets.transforms import load_frame
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


def paths(data):
    return {name: array.path for name, array in data.features.arrays.items()}


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
    notes = set((root / 'features').glob('*/meta.json'))
    assert len(notes) == 3  # sound's is common to both
    for note in notes:
        os.utime(note, (1000, 1000))
    prepare(other, dataset(root))
    (unused,) = (note for note in notes if note.stat().st_mtime == 1000)
    data = dataset(root)
    prepare(Model(), data)
    assert paths(data)['image_features'] / 'meta.json' == unused


def test_an_interrupted_run_goes_on_where_it_was(root):
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

    model = Model()
    prepare(model, data, batch_size=1)
    assert model.seen['visual'] == CLIPS - 3
    for name, features in expected(model, root).items():
        read = np.stack([data.features.read(index)[name] for index in range(CLIPS)])
        np.testing.assert_allclose(read, features, rtol=1e-3, atol=1e-5)


def start_training(root, seed, start, results):
    """What one of several trainings does before its first iteration."""
    torch.set_num_threads(1)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    start.wait(20)
    model, data = Model(frozen=('audio',)), dataset(root)
    torch.manual_seed(seed)
    prepare(model, data, batch_size=1)
    rows = [data.features.read(index)['audio_features'] for index in range(CLIPS)]
    results.put((model.seen['audio'], np.stack(rows)))


def test_three_seeds_started_together_on_a_cold_cache_all_end_well(root, monkeypatch):
    monkeypatch.setattr(feature_cache, 'CHUNK', 2)
    monkeypatch.setattr(feature_filling, '_POLL_SECONDS', 0.05)
    fork = multiprocessing.get_context('fork')
    start, results = fork.Barrier(3), fork.Queue()
    trainings = [
        fork.Process(target=start_training, args=(root, seed, start, results)) for seed in range(3)
    ]
    for training in trainings:
        training.start()
    seen, rows = zip(*(results.get(timeout=60) for _ in trainings))
    for training in trainings:
        training.join(60)
        training.kill()
    assert [training.exitcode for training in trainings] == [0, 0, 0]
    assert CLIPS <= sum(seen) <= CLIPS + 3  # each clip once, and one for the shape
    wanted = expected(Model(), root)['audio_features']
    for result in rows:
        np.testing.assert_allclose(result, wanted, rtol=1e-3, atol=1e-5)


def test_what_a_feature_depends_on_makes_a_new_cache(root):
    def keys(model=None, pipeline=PIPELINE, **options):
        data = dataset(root, pipeline, **options)
        prepare(model or Model(), data)
        return tuple(paths(data)[n] for n in ('audio_features', 'image_features'))

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
    assert paths(data) != paths(moved)


def test_a_broken_training_clip_is_named_and_replaced(root, monkeypatch):
    log = []
    monkeypatch.setattr(
        'mmavl.datasets.bad_samples.print_log', lambda text, *args: log.append(text)
    )
    (root / 'clip0.jpg').write_bytes(b'')
    (root / 'clip3.wav').write_text('no sound')
    data = dataset(root, max_bad_share=0.4)
    prepare(Model(), data)
    for index, name in ((0, 'clip0.jpg'), (3, 'clip3.wav')):
        assert data[index]['data_samples'].clip_id not in ('clip0', 'clip3')
        line = log.pop(0)
        assert f'{root / name} ' in line
        assert f"(clip '{name[:5]}', manifest {root / 'toy.json'})" in line
    assert data[1]['data_samples'].clip_id == 'clip1'
    assert not log


def test_more_broken_training_clips_than_allowed_stop_before_training(root):
    for index in (0, 3):
        (root / f'clip{index}.wav').write_text('no sound')
    with pytest.raises(DataError, match=r'bad sample 2 of 6, .*: 2 x .*\(clips clip0, clip3\)'):
        prepare(Model(), dataset(root, max_bad_share=0.2))


def test_a_clip_known_to_be_bad_is_not_opened_again_to_fill_the_cache(root, monkeypatch):
    opened, read = [], load_frame.read_image
    monkeypatch.setattr(load_frame, 'read_image', lambda path: opened.append(path) or read(path))
    data = dataset(root, max_bad_share=0.4)
    data.full_init()
    data.count_bad(3, 'clip3.jpg was unreadable')
    prepare(Model(), data)
    assert not any('clip3' in path for path in opened)
    with pytest.raises(DataError, match=r'clip3\.jpg was unreadable'):
        data.features.read(3)


def test_a_clip_that_could_not_be_read_for_a_moment_is_read_by_the_next_run(root, monkeypatch):
    def fail_for_a_moment(path):
        if path.endswith('clip3.jpg'):
            raise OSError(5, 'Input/output error', path)
        return read(path)

    read = load_frame.read_image
    monkeypatch.setattr(load_frame, 'read_image', fail_for_a_moment)
    data = dataset(root, max_bad_share=0.4)
    prepare(Model(frozen=('visual',)), data)
    with pytest.raises(DataError, match=r"OSError: .*Input/output error.*\(clip 'clip3'"):
        data.prepare_data(3)
    monkeypatch.undo()
    model, data = Model(frozen=('visual',)), dataset(root)
    prepare(model, data)
    assert model.seen == {'visual': 1}
    sample = model.data_preprocessor(pseudo_collate([dataset(root)[3]]))
    image = torch.from_numpy(data.features.read(3)['image_features']).float()
    wanted = model.visual_backbone(sample['inputs']['image'])[0]
    torch.testing.assert_close(image, wanted, rtol=1e-3, atol=1e-5)


def test_a_broken_test_clip_stops_and_is_named(root):
    (root / 'clip3.jpg').write_bytes(b'')
    with pytest.raises(DataError, match=r"clip3\.jpg.*\(clip 'clip3', manifest .*toy\.json\)"):
        prepare(Model(), dataset(root, test_mode=True))
    assert not list(root.rglob('*.lock'))


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
    assert len(list((tmp_path / 'elsewhere').iterdir())) == 4
    clip4 = dataset(root)
    prepare(Model(), clip4)
    first, second = parts[1].features.read(0), clip4.features.read(4)
    np.testing.assert_array_equal(first['audio_features'], second['audio_features'])


def test_a_cache_that_cannot_be_written_names_the_option_that_moves_it(root):
    (root / 'features').touch()  # in place of the folder
    loader = DataLoader(dataset(root), batch_size=2, collate_fn=pseudo_collate)
    hooks = [{'type': 'OtherHook'}, {'type': 'FeatureCacheHook'}]
    runner = SimpleNamespace(
        model=Model(),
        test_dataloader=loader,
        logger=MMLogger.get_instance('features'),
        cfg=Config({'custom_hooks': hooks}),
    )
    advice = r'stored in .*features.*: choose .* custom_hooks\.1\.cache_dir=FOLDER'
    with pytest.raises(OSError, match=advice):
        FeatureCacheHook().before_test(runner)


def test_features_of_clips_with_names_of_any_bytes_are_cached(root):
    manifest = read_manifest(root / 'toy.json')
    name = os.fsdecode(b'\xff\xfe.jpg')
    (root / 'clip2.jpg').rename(root / name)
    manifest['data_list'][2].update(clip_id='line\u2028\nbreak;\udcff', frames=[name])
    (root / 'toy.json').write_text(json.dumps(manifest))
    data = dataset(root)
    prepare(Model(), data)
    assert np.isfinite(data.features.read(2)['image_features']).all()
