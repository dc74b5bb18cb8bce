"""Draw clips as model inputs: ``python tools/analysis/browse_dataset.py CONFIG|MANIFEST``.

For a config, the pictures show the clips after its pipeline (including augmentation); for a
manifest (.json), the media themselves. With ``--predictions``, the class maps
of a dump (``tools/test.py --out``) are also drawn.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from mmengine.structures import PixelData
from torch.utils.data import Dataset
from tqdm import tqdm

from mmavl.datasets import AVDataset
from mmavl.engine.cfg_options import ConfigOptions
from mmavl.engine.config import config_errors, load_config
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
from mmavl.evaluation.predictions import Prediction, read_predictions
from mmavl.registry import DATASETS
from mmavl.structures import AVDataSample
from mmavl.utils.file_names import safe_name
from mmavl.visualization import AVVisualizer, Spectrogram, contact_sheet
from mmavl.visualization.drawing import write_jpeg, write_png

_PLAIN = [dict(type='LoadFrame'), dict(type='LoadAudio'), dict(type='PackAVInputs')]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source', help='config (.py) or manifest (.json)')
    parser.add_argument('--out-dir', default='browse', help='folder for the pictures')
    parser.add_argument('--num', type=int, default=16, help='number of clips, evenly spread')
    parser.add_argument(
        '--split', choices=['train', 'val', 'test'], default='train', help='of a config'
    )
    parser.add_argument('--predictions', metavar='FILE', help='dump of tools/test.py --out')
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE')
    return parser.parse_args()


def build_dataset(source: str, split: str, options: dict | None) -> Dataset:
    """The dataset of a config's data loader, or of a manifest alone."""
    if source.endswith('.json'):
        path = Path(source)
        root = str(path.parent)
        return AVDataset(path.name, data_root=root, pipeline=_PLAIN, test_mode=True)
    cfg = load_config(source, options)
    loader = f'{split}_dataloader'
    with config_errors(cfg, loader):
        return DATASETS.build(cfg[loader].dataset)


def add_prediction(sample: AVDataSample, prediction: Prediction) -> None:
    """Add the maps and tags of a dump to a sample."""
    sample.pred_maps = PixelData(data=torch.from_numpy(prediction.maps))
    sample.map_labels = torch.from_numpy(prediction.map_labels)
    for name in ('pred_tags', 'pred_visual_tags', 'pred_labels'):
        if (value := getattr(prediction, name)) is not None:
            setattr(sample, name, torch.from_numpy(value))


def main() -> None:
    args = parse_args()
    with clear_errors():
        dataset = build_dataset(args.source, args.split, args.cfg_options)
        predictions: dict[tuple, Prediction] = {}
        if args.predictions:
            predictions = {p.identity: p for p in read_predictions(args.predictions)[0]}
        visualizer = AVVisualizer('browse')
        visualizer.dataset_meta = dataset.metainfo
        rows = []
        count = min(args.num, len(dataset))
        for index in tqdm(np.linspace(0, len(dataset) - 1, count).round().astype(int)):
            item = dataset[int(index)]
            sample, inputs = item['data_samples'], item['inputs']
            if predictions:
                identity = sample.clip_id, sample.get('frame_index', 0)
                if identity not in predictions:
                    raise DataError(f'{args.predictions} has no clip {identity[0]!r}')
                add_prediction(sample, predictions[identity])
            sound = Spectrogram.of_waveform(inputs['waveform'].numpy(), sample.sample_rate)
            image = inputs['image'].permute(1, 2, 0).numpy()
            picture = visualizer.draw(image, sample, spectrogram=sound, legend=False)
            write_png(Path(args.out_dir, f'{index:05d}_{safe_name(sample.clip_id)}.png'), picture)
            rows.append(picture)
        title = f'{Path(args.source).name}: {count} of {len(dataset)} clips'
        sheet = Path(args.out_dir, 'contact_sheet.jpg')
        legend = ['sounding', 'silent'] + ['peak', 'heat'] * bool(predictions)
        write_jpeg(sheet, contact_sheet(rows, title=title, legend=legend))
        print(f'{count} pictures, and {sheet}')


if __name__ == '__main__':
    main()
