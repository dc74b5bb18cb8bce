"""Every shell block of the documentation runs in a copy of the repository, on little data.

So does the Python that stands between them and needs what they made.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import resnet18, resnet101

from mmavl.datasets.manifest import read_manifest

from .blocks import BLOCKS, ROOT, SHELL, load

HERE = Path(__file__).parent
PUBLISHED = ROOT.parent / 'shared/data'
QUICKSTART = 'work_dirs/quickstart_seed0'
SEPARATION = 'work_dirs/separation_scenes/epoch_20.pth'
SCENES = {
    'CONFIG': 'configs/stage2_scenes.py',
    'CHECKPOINT': f'{QUICKSTART}/stage2_scenes/epoch_16.pth',
}
DETECTOR = {
    'CONFIG': 'configs/detection/faster-rcnn_lite0_fpn_scenes.py',
    'CHECKPOINT': 'work_dirs/faster-rcnn_lite0_fpn_scenes/epoch_2.pth',
}
PEERS = 'peers/{sound-of-pixels,co-separation,av-mix-sep}_scenes'


class Reader(NamedTuple):
    """What the reader of a page has done before (functions of reader.sh), and what names mean."""

    has: tuple[str, ...] = ()
    means: dict[str, str] = {}
    files: dict[str, str] = {}


READERS = {
    'docs/demo.md': Reader(
        ('quickstart', 'separators separation_scenes'),
        files={'epoch_16.pth': SCENES['CHECKPOINT'], 'epoch_20.pth': SEPARATION},
    ),
    'docs/detection.md': Reader(
        ('audioset', 'detector', 'for_seeds_too'),
        DETECTOR,
        {
            'predictions.npz': f'{QUICKSTART}/stage2_scenes/predictions.npz',
            'test_detected.json': 'data/instrument_scenes/test_detected.json',
        },
    ),
    'docs/distributed.md': Reader(('audioset',)),
    'docs/evaluation.md': Reader(('quickstart', 'dumps')),
    'docs/export.md': Reader(('quickstart',)),
    'docs/get_started.md': Reader(
        ('quickstart', 'audioset'),
        {**SCENES, 'STAGE1.pth': f'{QUICKSTART}/stage1_scenes/epoch_4.pth'},
    ),
    'docs/inference.md': Reader(
        ('quickstart', 'separators separation_scenes peers/sound-of-pixels_scenes'),
        files={
            'epoch_16.pth': 'work_dirs/stage2_scenes_class/epoch_16.pth',
            'epoch_20.pth': 'work_dirs/sound-of-pixels_scenes/epoch_20.pth',
        },
    ),
    'docs/model_zoo.md': Reader(
        ('quickstart',),
        SCENES,
        {'predictions.npz': f'{QUICKSTART}/stage2_scenes/predictions.npz'},
    ),
    'docs/own_clips.md': Reader(('scenes',)),
    'docs/pseudo_labels.md': Reader(('scenes',)),
    'docs/separation.md': Reader(
        ('music', f'separators separation/separation_scenes_{{audio,multi}} {PEERS}'),
        {'CHECKPOINT': SEPARATION},
        {'epoch_20.pth': SEPARATION},
    ),
    'docs/swap_a_component.md': Reader(('scenes',)),
    'docs/tables.md': Reader(
        ('quickstart', 'audioset', 'flickr'),
        files={'predictions.npz': f'{QUICKSTART}/stage2_scenes/predictions.npz'},
    ),
    'docs/training.md': Reader(('quickstart',)),
    'docs/visualization.md': Reader(
        ('quickstart', 'stages'),
        SCENES,
        {'predictions.npz': f'{QUICKSTART}/stage2_scenes/predictions.npz'},
    ),
    'docs/datasets/music.md': Reader(means={'FILE': 'drawn.json'}),
}
#: The pages of configs only repeat commands of the others.
PAGES = sorted({block.page for block in SHELL if not block.page.startswith('configs/')})
#: What this machine has not, and what takes long.
INSTEAD = [
    (r'(dist_train\.sh \S+) 8', r'\1 2'),
    (r'(dist_test\.sh \S+ \S+) 8', r'\1 2'),
    (r'GPUS=8', 'GPUS=1'),
    (r'--device cuda', '--device cpu'),
    (r'--seconds 20 60 1800', '--seconds 5'),
    (r'--count 100', '--count 6'),
    (r'--count 35', '--count 3'),
    (r'--classes Accordion Drum Piano --count 60', '--classes Horn Harp Piano --count 4'),
    (r'^mmavl demo', 'serves mmavl demo'),
]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A copy of the repository with an environment, and files that the pages speak of."""
    folder = tmp_path_factory.mktemp('reader') / 'mmavl'
    big = shutil.ignore_patterns('.git', '.venv', 'data', 'work_dirs', '*_cache', '__pycache__')
    shutil.copytree(
        ROOT, folder, ignore=lambda at, names: big(at, names) if at == str(ROOT) else []
    )
    programs = folder / '.venv/bin'
    programs.mkdir(parents=True)
    for program in Path(sys.executable).parent.iterdir():
        (programs / program.name).symlink_to(program)
    for name, source in (('python', 'small_python.sh'), ('srun', 'srun.sh')):
        (programs / name).unlink(missing_ok=True)
        shutil.copy(HERE / source, programs / name)
        (programs / name).chmod(0o755)
    (programs / 'activate').unlink(missing_ok=True)
    (programs / 'activate').write_text('export PATH="$PWD/.venv/bin:$PATH"\n')
    stamp = 'source <(sed -n \'/^requirements=/,/^wanted=/p\' tools/setup_env.sh); echo "$wanted"'
    found = subprocess.run(['bash', '-c', stamp], cwd=folder, capture_output=True, check=True)
    (folder / '.venv/mmavl-requirements').write_bytes(found.stdout)
    make_clips(folder)
    make_pretrained(folder)
    if PUBLISHED.is_dir():
        make_media(folder)
    make_open_images(folder)
    make_own_material(folder)
    return folder


def make_clips(folder):
    """Videos, pictures and sounds of one's own."""
    media = load('converters_conftest', ROOT / 'tests/preparation/converters/conftest.py')
    for name in ('dog/rex', 'dog/in the park', 'dog/c', 'piano/1', 'piano/2', 'piano/3'):
        media.write_video(folder / f'my_videos/{name}.mp4', 10)
    for name in ('clip.mp4', 'duet.mp4', 'folder/one.mp4'):
        media.write_video(folder / name, 6, size=(640, 480))
    media.write_frames(folder / 'pictures', 1)
    shutil.move(folder / 'pictures/0000.jpg', folder / 'frame.jpg')
    for name in ('flute', 'scene'):
        shutil.copy(folder / 'frame.jpg', folder / f'{name}.jpg')
    for name in ('sound', 'scene'):
        media.write_sound(folder / f'{name}.wav', 6)


def make_pretrained(folder):
    """Files with the names of torchvision's and timm's, and random weights."""
    cache = folder / 'torch/hub/checkpoints'
    cache.mkdir(parents=True)
    torch.save(resnet18().state_dict(), cache / 'resnet18-f37072fd.pth')
    timms = folder / 'huggingface/hub/models--timm--resnet18.tv_in1k'
    (timms / 'snapshots/0').mkdir(parents=True)
    (timms / 'refs').mkdir()
    (timms / 'refs/main').write_text('0')
    save_file(resnet18().state_dict(), timms / 'snapshots/0/model.safetensors')
    torch.save(resnet101().state_dict(), cache / 'resnet101-63fe2227.pth')
    released = load(
        'released', ROOT / 'tests/tools/model_converters/test_released_checkpoint.py'
    ).Released()
    torch.save(released.state_dict(), folder / 'stage_2_19_1.234.pth')


def make_media(folder):
    """The published lists, and media for a few of their clips."""
    media = load('converters_conftest', ROOT / 'tests/preparation/converters/conftest.py')
    (folder / 'original_release').symlink_to(PUBLISHED / 'original_release')
    (folder / 'gtest.txt').symlink_to(PUBLISHED / 'original_release/gtest.txt')
    for path in (PUBLISHED / 'music').iterdir():
        (folder / path.name).symlink_to(path)
    (folder / 'music').mkdir()
    for kind in ('solo', 'duet'):
        (folder / f'music/music_{kind}_boxes.json').symlink_to(
            PUBLISHED / f'music/music_{kind}_boxes.json'
        )
    ids = []
    for name, classes, videos in (
        ('MUSIC_solo', 2, 4),
        ('MUSIC_duet', 1, 3),
        ('MUSIC21_solo', 2, 3),
    ):
        listed = json.loads((folder / f'{name}_videos.json').read_text())['videos']
        ids += [i for clips in islice(listed.values(), classes) for i in clips[:videos]]
    training = [f'train{number:06d}' for number in range(12)]
    heard = subprocess.run(
        [
            sys.executable, 'tools/dataset_converters/audioset_instrument.py',
            '--release', 'original_release', '--out', 'data/listed',
        ],
        cwd=folder, env={**os.environ, 'PYTHONPATH': str(folder)}, capture_output=True, text=True,
    )  # fmt: skip
    assert heard.returncode == 0, heard.stderr
    tested = [e['clip_id'] for e in read_manifest(folder / 'data/listed/test.json')['data_list']][
        :3
    ]
    head = '# Segments csv\n# num_ytids=3\n# YTID, start_seconds, end_seconds, positive_labels\n'
    for name, clips in (('unbalanced', training), ('balanced', tested)):
        rows = [
            f'{clip}, 0.000, 10.000, "{("/m/01xqw", "/m/05r5c")[number % 2]}"'
            for number, clip in enumerate(clips)
        ]
        (folder / f'{name}_train_segments.csv').write_text(head + '\n'.join(rows) + '\n')
    for clip in [*ids, *training, *tested]:
        media.write_video(folder / f'downloads/{clip}.mp4', 10)
    (folder / 'Annotations').mkdir()
    box = '<bbox><name>1</name><xmin>9</xmin><ymin>9</ymin><xmax>99</xmax><ymax>99</ymax></bbox>'
    for line in (folder / 'gtest.txt').read_text().split()[:4]:
        clip = Path(line).stem
        media.write_sound(folder / f'Data/{clip}.wav', 5)
        shutil.copy(folder / 'frame.jpg', folder / f'Data/{clip}.jpg')
        text = f'<annotation><annotator>{box}</annotator></annotation>'
        (folder / f'Annotations/{clip}.xml').write_text(text)


def make_own_material(folder):
    """Pictures, recordings and backgrounds of two classes, and noise."""
    making = load('own_making', ROOT / 'tests/preparation/own_scenes/making.py')
    root = making.make_material(folder / 'my_material')
    for kind in ('pictures', 'sounds'):
        shutil.rmtree(root / kind / 'cat')
    for number in range(3):
        making.write_picture(root / f'backgrounds/{number}.png', making.grey(100 + 30 * number))
        making.write_sound(root / f'noise/{number}.wav', making.tone(60 + number, 6))


def make_open_images(folder):
    """Its tables, of a picture for each split."""
    from mmavl.preparation.open_images import INSTRUMENTS

    rows = [(f'/m/{number}', name) for number, name in enumerate(INSTRUMENTS)]
    with open(folder / 'class-descriptions-boxable.csv', 'w', newline='') as file:
        csv.writer(file).writerows(rows)
    for split in ('train', 'validation', 'test'):
        images = folder / f'data/open_images/{split}'
        images.mkdir(parents=True)
        rows = ['ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf']
        for number in range(4):
            shutil.copy(folder / 'frame.jpg', images / f'{number}.jpg')
            rows.append(f'{number},/m/{number},0.1,0.6,0.2,0.9,0')
        (folder / f'{split}-annotations-bbox.csv').write_text('\n'.join(rows) + '\n')


def script_of(page):
    """What the reader of a page types, with what comes before."""
    reader = READERS.get(page, Reader())
    text = '\n'.join(
        block.text if block in SHELL else f"python - <<'END'\n{block.text}END"
        for block in BLOCKS
        if block.page == page
        and not block.mark.startswith('not run')
        and (block in SHELL or block.mark.startswith('with the shell'))
    )
    for name, meaning in reader.means.items():
        text = re.sub(rf'(?<![\w/.-]){re.escape(name)}(?![\w/.-])', meaning, text)
    for pattern, other in INSTEAD:
        text = re.sub(pattern, other, text, flags=re.M)
    links = [f'ln -sf {target} {name}' for name, target in reader.files.items()]
    before = ['set -euo pipefail', 'source tests/docs/reader.sh', 'source .venv/bin/activate']
    return '\n'.join([*before, *reader.has, *links, 'set -x', text])


@pytest.mark.slow
@pytest.mark.parametrize('page', PAGES)
def test_the_shell_blocks_of_a_page_run_one_after_the_other(page, folder):
    script = script_of(page)
    if not PUBLISHED.is_dir() and re.search('audioset|music|flickr', script):
        pytest.skip(f'the published annotations are not at {PUBLISHED}')
    env = {
        **os.environ,
        'PYTHONPATH': str(folder),
        'READER_PYTHON': sys.executable,
        'TORCH_HOME': str(folder / 'torch'),
        'HF_HOME': str(folder / 'huggingface'),
        'HF_HUB_OFFLINE': '1',
        'PIP_DRY_RUN': '1',  # the programs are those of the tests' own environment
    }
    ended = subprocess.run(
        ['bash', '-c', script],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-4000:]
