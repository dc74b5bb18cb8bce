"""``mmavl evaluate`` and ``mmavl draw-boxes``: real clips with hand-drawn boxes."""

import argparse
import sys
import warnings
from pathlib import Path

from mmavl.errors import CheckpointError, ConfigError, DataError
from mmavl.utils.names import one_line, to_json

from .ending import FAILED, INTERRUPTED, REFUSED, end
from .refusals import check_folder, check_model, check_paths


def run_evaluate(args: argparse.Namespace) -> int:
    """Evaluate, print the table and write the files; returns the exit code."""
    warnings.filterwarnings('ignore', category=UserWarning)
    common = {'device': args.device, 'dtype': args.dtype, 'show_progress': not args.quiet}
    try:
        check_paths([args.cases], 'cannot be found')
        if args.out:
            check_folder(args.out)
        check_model(args)
        from mmavl.apis import LocalizationInferencer
        from mmavl.apis.case_evaluation import evaluate_cases, rates_to_dict, to_record
        from mmavl.apis.case_pairs import evaluate_pairs, summarise_pairs
        from mmavl.apis.case_sheet import case_sheet
        from mmavl.apis.result_files import write_json
        from mmavl.evaluation.real_clips import read_cases
        from mmavl.visualization.drawing import write_png

        cases = read_cases(args.cases)
        inferencer = LocalizationInferencer(args.model, args.weights, **common)
    except (CheckpointError, ConfigError, DataError, OSError, ValueError) as error:
        return end(error, REFUSED)
    try:
        outcomes, failures = evaluate_cases(inferencer, cases, args.threshold, args.batch_size)
        record = to_record(outcomes, failures, Path(args.cases).parent)
        pairs, more = evaluate_pairs(inferencer, cases, args.pairs) if args.pairs else ([], [])
        failures += more
        record['pairs'] = rates_to_dict(summarise_pairs(pairs))
        if args.out:
            Path(args.out).mkdir(parents=True, exist_ok=True)
            write_json(Path(args.out, 'evaluation.json'), record)
            if outcomes:
                write_png(Path(args.out, 'cases.png'), case_sheet(outcomes, inferencer.pipeline))
    except (DataError, OSError) as error:
        return end(error, FAILED)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return INTERRUPTED
    if args.json:
        print(to_json(record, indent=1))
    elif outcomes:
        _print_tables(outcomes, summarise_pairs(pairs))
    for failure in failures:
        print(one_line(f'failed: {failure.name}: {failure.message}'), file=sys.stderr)
    unknown = sorted({o.case.mark.label for o in outcomes if not any(o.names.values())})
    if unknown:
        print(one_line(f'the model has no class for: {", ".join(unknown)}'), file=sys.stderr)
    return int(bool(failures))


def run_draw_boxes(args: argparse.Namespace) -> int:
    """Write the page; returns the exit code."""
    try:
        check_paths([args.folder], 'cannot be found')
        from mmavl.apis.box_page import write_box_page

        page, failures = write_box_page(args.folder, args.every, not args.quiet)
    except (DataError, OSError, ValueError) as error:
        return end(error, REFUSED)
    for failure in failures:
        print(one_line(f'failed: {failure.name}: {failure.message}'), file=sys.stderr)
    print(one_line(f'Open {page} in a browser; save cases.json next to it.'))
    return int(bool(failures))


def _print_tables(outcomes: list, pairs: dict) -> None:
    from mmavl.apis.case_evaluation import summarise
    from mmavl.evaluation.result_table import Column, ResultTable, Row

    rows = summarise(outcomes)
    hearing = rows.pop('hearing for itself')
    titled = {'': rows, 'hearing for itself': {'localizer': hearing}}
    titled['sound of one under the pictures of two'] = pairs
    for title, rates in titled.items():
        if rates:
            names = dict.fromkeys(name for row in rates.values() for name in row)
            table = [Row(row, {n: str(rate) for n, rate in v.items()}) for row, v in rates.items()]
            text = ResultTable([Column(name, name) for name in names], table).to_text()
            print('\n'.join([*filter(None, [title]), text, '']))
    print('percentage of N cases, with 95 % bootstrap intervals over clips')
