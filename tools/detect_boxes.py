"""Detect objects in all frames of a manifest, and write a manifest with these boxes.

Boxes of classes that are not among the clip's tags are kept as silent; only the others are
references. An interrupted run continues with the same command. Clips
that cannot be read are reported at the end.

python tools/detect_boxes.py configs/detection/faster-rcnn_lite0_fpn_scenes.py detector.pth \
    data/instrument_scenes/test.json --out data/instrument_scenes/test_detected.json
"""

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from tqdm import tqdm

from mmavl.datasets.manifest import read_checked_manifest, write_manifest
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import DataError
from mmavl.utils.options import add_dtype_option


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', type=Path, help="the detector's config")
    parser.add_argument('checkpoint', type=Path, help='its weights')
    parser.add_argument('manifest', type=Path)
    parser.add_argument('--out', type=Path, help='default: <manifest>_detected.json next to it')
    parser.add_argument('--data-root', type=Path, help="default: the manifest's folder")
    parser.add_argument('--score', type=float, default=0.5, help='default: 0.5')
    parser.add_argument('--batch-size', type=int, default=8)
    parser.add_argument('--workers', type=int, default=2, help='processes that read frames')
    parser.add_argument('--device', default='cpu', help='e.g. cuda; default: cpu')
    add_dtype_option(parser, 'float32')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    args.out = args.out or args.manifest.with_name(f'{args.manifest.stem}_detected.json')
    if args.out.resolve() == args.manifest.resolve():
        sys.exit(f'error: --out {args.out} is the manifest itself, which would be overwritten')
    try:
        with clear_errors():
            detect_boxes(args)
    except ImportError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: run the same command again to continue')


def detect_boxes(args: argparse.Namespace) -> None:
    from mmavl.detection import (
        Detector,
        Journal,
        ManifestFrames,
        box_references,
        require_classes,
    )

    manifest = read_checked_manifest(args.manifest)
    detector = Detector(args.config, args.checkpoint, args.device, args.dtype)
    print(f'Computing {detector.precision}.', file=sys.stderr)
    require_classes(detector.classes, manifest['metainfo']['classes'], args.manifest)
    source = {
        'config': args.config.name,
        'checkpoint': args.checkpoint.name,
        'sha256': sha256(args.checkpoint),
        'score': args.score,
    }
    if detector.precision.is_bfloat16:
        source['dtype'] = 'bfloat16'
    partial = args.out.with_name(f'{args.out.stem}.partial.jsonl')
    journal = Journal(partial, {**source, 'manifest': sha256(args.manifest)})
    todo = [e for e in manifest['data_list'] if e['clip_id'] not in journal.done]
    frames = ManifestFrames(todo, args.data_root or args.manifest.parent)
    boxes = detector.detect(frames, args.score, args.batch_size, args.workers)
    bad = []
    for entry, detections in by_clip(frames, tqdm(boxes, total=len(frames), unit='frame')):
        errors = [item for item in detections.values() if isinstance(item, DataError)]
        if errors:
            bad.append(errors[0])
            tqdm.write(f'{errors[0]}', file=sys.stderr)
            continue
        references = {str(i): box_references(entry, item) for i, item in detections.items()}
        journal.add(entry['clip_id'], references)
    if bad:
        raise DataError(
            f'{len(bad)} clips cannot be read, first {bad[0]}; the boxes of the other '
            f'{len(journal.done)} are kept in {partial}: fix the files and run the same command '
            'again, or remove these clips from the manifest'
        )
    for entry in manifest['data_list']:
        entry['boxes'] = journal.done[entry['clip_id']]
    manifest['metainfo']['boxes'] = source
    write_manifest(args.out, manifest)
    journal.remove()
    print(f'{args.out}: {summary(manifest["data_list"])}')


def by_clip(frames, boxes: Iterable[list]) -> Iterator[tuple[dict, dict[int, list]]]:
    """Group detections by clip: its entry, and frame index -> boxes."""
    numbered = zip(frames.places, boxes)
    for number, group in groupby(numbered, key=lambda pair: pair[0][0]):
        yield frames.entries[number], {index: items for (_, index), items in group}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def summary(entries: list[dict]) -> str:
    """Count frames, references and silent boxes, and tags without any box in the clip."""
    from mmavl.detection import sounding_tags

    counts: Counter = Counter()
    for entry in entries:
        shown = set()
        for items in entry['boxes'].values():
            sounding = [item['label'] for item in items if item['sounding']]
            shown.update(sounding)
            counts['frames'] += 1
            counts['empty'] += not sounding
            counts['sounding'] += len(sounding)
            counts['silent'] += len(items) - len(sounding)
        tags = sounding_tags(entry)
        counts['tags'] += len(tags)
        counts['unseen'] += len(tags - shown)
    return (
        f'{counts["frames"]} frames, {counts["empty"]} without a reference; '
        f'{counts["sounding"]} boxes as references, {counts["silent"]} silent; '
        f'{counts["unseen"]} of {counts["tags"]} tags have no box in their clip'
    )


if __name__ == '__main__':
    main()
