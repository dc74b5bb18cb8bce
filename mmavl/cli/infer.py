"""``mmavl localize`` and ``mmavl separate``."""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.media.formats import kind_of
from mmavl.utils.names import one_line

from .ending import FAILED, INTERRUPTED, REFUSED, end
from .refusals import check_inputs, check_model

if TYPE_CHECKING:  # slow to import
    from mmavl.apis import LocalizationInferencer, SeparationInferencer


def run_inference(args: argparse.Namespace) -> int:
    """Process the inputs; returns the exit code."""
    warnings.filterwarnings('ignore', category=UserWarning)
    try:
        inputs = pair_up(args.inputs)
        check_inputs(inputs, args.out)
        check_model(args)
        inferencer, options = _inferencer(args)
        if not args.quiet:
            print('\n'.join(inferencer.remarks), file=sys.stderr)
        inferencer.class_numbers(args.labels)
        Path(args.out).mkdir(parents=True, exist_ok=True)
    except (CheckpointError, ConfigError, OSError, ValueError) as error:
        return end(error, REFUSED)
    except KeyboardInterrupt:
        print('interrupted before anything was done', file=sys.stderr)
        return INTERRUPTED
    try:
        out = inferencer(inputs, out_dir=args.out, batch_size=args.batch_size, **options)
    except (DataError, OSError) as error:
        return end(error, FAILED)
    except ValueError as error:  # an argument does not fit the inputs
        return end(error, REFUSED)
    except KeyboardInterrupt:
        print('interrupted; results.json lists what was done', file=sys.stderr)
        return INTERRUPTED
    _print(out['index'], args)
    return int(bool(out['failures']))


def pair_up(paths: list[str]) -> list[Any]:
    """Pair each picture with the sound (or the video whose sound is used) that follows it.

    Raises:
        ValueError: A picture is not followed by a sound, or a sound does not follow a picture.
    """
    paired: list[Any] = []
    rest = iter(paths)
    for path in rest:
        if path == '-':
            raise ValueError('- is not a file: a clip cannot be read from stdin, name its file')
        if os.path.isdir(path):
            paired.append(path)
        elif kind_of(path) == 'picture':
            sound = next(rest, None)
            if sound is None:
                raise ValueError(f'{path} is a picture: name a sound file after it')
            if kind_of(sound) not in ('sound', 'video') or os.path.isdir(sound):
                raise ValueError(
                    f'{path} is a picture: name a sound file after it; {sound} is not one, by '
                    'its suffix'
                )
            paired.append((path, sound))
        elif kind_of(path) == 'sound':
            before = [item for item in paired[-1:] if isinstance(item, str)]
            hint = ''.join(f'; {item} is not one, by its suffix' for item in before)
            raise ValueError(f'{path} is a sound: name a picture before it{hint}')
        else:
            paired.append(path)
    return paired


def _inferencer(
    args: argparse.Namespace,
) -> tuple['LocalizationInferencer | SeparationInferencer', dict[str, Any]]:
    from mmavl.apis import LocalizationInferencer, SeparationInferencer
    from mmavl.apis.shown_sources import read_places

    options = {'labels': args.labels, 'threshold': args.threshold}
    common = {'weights': args.weights, 'device': args.device, 'dtype': args.dtype}
    common['show_progress'] = not args.quiet
    if args.command == 'localize':
        options |= {'whole_videos': not args.no_video, 'rate': args.rate}
        options |= {'smoothing': args.smoothing, 'max_side': args.max_side}
        options['frame_rate'] = args.frame_rate
        return LocalizationInferencer(args.model, **common), options
    options |= {'num_sources': args.num_sources, 'sources': dict(args.sources or ())}
    if len(options['sources']) < len(args.sources or ()):
        raise ValueError('--sources names a source twice')
    read_places(options['sources'])  # checked before the model is built
    inferencer = SeparationInferencer(args.model, **common)
    inferencer.check_sources(args.labels, options['sources'])
    return inferencer, options


def _print(index: dict, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps(index, indent=1))  # ASCII, whatever the terminal's encoding
    else:
        for clip in index['clips']:
            heard = ', '.join(clip.get('names', clip.get('sources', ())))
            heard = heard or 'nothing that the model knows is heard'
            note = f' ({clip["note"]})' if 'note' in clip else ''
            print(one_line(f'{clip["name"]}: {heard}{note} -> {Path(args.out, clip["picture"])}'))
    for failure in index['failures']:
        line = f'failed: {failure["name"]}: {failure["message"]}'
        print(one_line(line), file=sys.stderr)
