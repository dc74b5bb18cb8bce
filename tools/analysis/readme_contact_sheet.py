"""Draw the README's contact sheet: ``readme_contact_sheet.py CONFIG CHECKPOINT``.

Four new scenes of public-domain material are localized by a trained model:

- drawings: openclipart (public domain), from those in no training split of InstrumentScenes;
- photographs: scikit-image's coffee (CC0, Rachel Michetti), chelsea (CC0, Stefan van der Walt),
  rocket (public domain, SpaceX) and hubble_deep_field (public domain, NASA);
- sounds: random phrases, rendered with soundfonts under the MIT licence.
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from PIL import Image
from skimage import data as photographs

from mmavl.datasets.manifest import write_manifest
from mmavl.engine.checkpoint import load_checkpoint, load_state
from mmavl.engine.config import config_errors, load_config
from mmavl.engine.user_errors import clear_errors
from mmavl.registry import DATASETS, MODELS
from mmavl.scenes.banks import SoundBank
from mmavl.scenes.frame import compose_frame
from mmavl.scenes.instruments.classes import CLASSES, GROUPS
from mmavl.scenes.instruments.pictures import PictureReader
from mmavl.scenes.instruments.sounds import load_sounds
from mmavl.scenes.instruments.sources import fetch_materials
from mmavl.scenes.mixture import DURATION, mix
from mmavl.scenes.scene import jpeg_bytes, wav_bytes
from mmavl.structures import AVDataSample
from mmavl.utils.autocast import Precision
from mmavl.utils.files import atomic_write
from mmavl.utils.options import add_dtype_option
from mmavl.visualization import AVVisualizer, contact_sheet
from mmavl.visualization.media import load_frame

#: Photograph, sounding classes, silent class: in the family of a sounding one.
SCENES = (
    ('coffee', ('Violin', 'Trumpet'), 'Guitar'),
    ('chelsea', ('Saxophone', 'Harp'), 'Horn'),
    ('rocket', ('Guitar', 'Piano'), 'Drum'),
    ('hubble_deep_field', ('Drum', 'Trumpet'), 'Saxophone'),
)
DRAWINGS = {
    'Drum': 'africandrum_benji_park2.png',
    'Guitar': 'guitar_jarno_vasamaa2.png',
    'Harp': 'harp1_ganson.png',
    'Horn': 'french_horn_ganson.png',
    'Piano': 'piano_geraint_luff_01.png',
    'Saxophone': 'saxophone_jarno_vasamaa_.png',
    'Trumpet': 'trumpet_b_flat_colour_ganso.png',
    'Violin': 'violin_colour_ganson.png',
}
SOUNDFONTS = ('fluid', 'musescore')
LARGEST = 400_000


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config')
    parser.add_argument('checkpoint', help='trained weights')
    parser.add_argument('--out', default='docs/assets/readme_contact_sheet.png')
    parser.add_argument('--title', default='', help='title of the sheet')
    parser.add_argument('--seed', type=int, default=1, help='of the scenes')
    add_dtype_option(parser)
    return parser.parse_args()


def free_sounds(bank: SoundBank) -> SoundBank:
    """Only sounds of the soundfonts: the licence of the recorded notes requires attribution."""
    return SoundBank(
        {
            label: {kind: voices for kind, voices in kinds.items() if kind in SOUNDFONTS}
            for label, kinds in bank.voices.items()
        }
    )


def compose(folder: Path, reader: PictureReader, sounds: SoundBank, seed: int) -> None:
    """Write the scenes and their manifest, scenes.json, to a folder."""
    entries = []
    for index, (background, sounding, silent) in enumerate(SCENES):
        rng = np.random.default_rng([seed, index])
        shown = (*sounding, silent)
        cutouts = [reader.cutout(f'openclipart:{DRAWINGS[label]}') for label in shown]
        photograph = cv2.cvtColor(getattr(photographs, background)(), cv2.COLOR_RGB2BGR)
        frame, boxes = compose_frame(rng, photograph, cutouts)
        (folder / f'{background}.jpg').write_bytes(jpeg_bytes(frame))
        (folder / f'{background}.wav').write_bytes(wav_bytes(mix(rng, sounds, sounding)[0]))
        items = [
            {'bbox': box, 'label': label, 'sounding': label in sounding}
            for label, box in zip(shown, boxes)
        ]
        entries.append(
            {
                'clip_id': background.replace('_', ' '),
                'audio': f'{background}.wav',
                'frames': [f'{background}.jpg'],
                'fps': 1,
                'duration': DURATION,
                'tags': list(sounding),
                'boxes': {'0': items},
            }
        )
    groups = {family: list(members) for family, members in GROUPS.items()}
    metainfo = {'dataset': 'readme', 'classes': list(CLASSES), 'groups': groups}
    write_manifest(folder / 'scenes.json', {'metainfo': metainfo, 'data_list': entries})


def localize(args: argparse.Namespace, folder: Path) -> tuple[list[AVDataSample], dict]:
    """The model's predictions for the scenes, and the dataset's metainfo."""
    cfg = load_config(args.config)
    init_default_scope(cfg.default_scope)
    options = dict(cfg.test_dataloader.dataset, data_root=str(folder), ann_file='scenes.json')
    with config_errors(cfg, 'model', 'test_dataloader'):
        dataset = DATASETS.build(options)
        model = MODELS.build(cfg.model).eval()
    state = load_checkpoint(args.checkpoint)['state_dict']
    load_state(model, state, args.checkpoint, strict=True)
    precision = Precision.choose(args.dtype, 'cpu')
    print(f'Computing {precision}.')
    with torch.no_grad(), precision.autocast():
        samples = model.test_step(pseudo_collate([dataset[i] for i in range(len(dataset))]))
    return samples, dataset.metainfo


def write_small(path: str, sheet: np.ndarray) -> int:
    """Write a PNG with as many palette colours as the size limit allows; return its bytes."""
    picture = Image.fromarray(sheet)
    blank = (sheet == 255).all(-1)
    for colours in (256, 192, 128, 64, 32):
        # Pillow dithers only with a given palette; one colour is reserved for white
        dithered = picture.quantize(palette=picture.quantize(colours - 1))
        palette = dithered.getpalette()[: 3 * (colours - 1)]
        indices = np.where(blank, len(palette) // 3, np.asarray(dithered)).astype(np.uint8)
        few = Image.fromarray(indices, 'P')
        few.putpalette([*palette, 255, 255, 255])
        with atomic_write(path, 'wb') as file:
            few.save(file, 'PNG', optimize=True)
        if (size := Path(path).stat().st_size) < LARGEST:
            break
    return size


def main() -> None:
    args = parse_args()
    with clear_errors(), tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        materials = fetch_materials(npm=False)
        sounds = free_sounds(load_sounds(materials, 'test'))
        compose(folder, PictureReader(materials), sounds, args.seed)
        samples, metainfo = localize(args, folder)
        visualizer = AVVisualizer('readme', panel=176)
        visualizer.dataset_meta = metainfo
        rows = [visualizer.draw(load_frame(s.metainfo), s, legend=False) for s in samples]
        size = write_small(args.out, contact_sheet(rows, title=args.title))
        print(f'{args.out}: {size // 1000} kB')


if __name__ == '__main__':
    main()
