"""Export a localizer to ONNX, from a file written by export_weights.py.

python tools/model_converters/export_onnx.py MODEL.safetensors OUT.onnx
"""

import argparse

from mmavl.engine.config import config_errors
from mmavl.engine.user_errors import clear_errors
from mmavl.errors import CheckpointError
from mmavl.export.onnx import example_inputs, export_onnx, input_sizes, onnx_difference
from mmavl.export.single_file import load_exported

TOLERANCE = 1e-4


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('model', help='.safetensors file of tools/model_converters/export_weights')
    parser.add_argument('out', help='.onnx file to write')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with clear_errors():
        model = load_exported(args.model)
        with config_errors(model.cfg, 'model'):
            inputs = example_inputs(model, *input_sizes(model.cfg))
            export_onnx(args.out, model, *inputs, model.dataset_meta['classes'])
        difference = onnx_difference(args.out, model, *(x[:1] for x in inputs))
        if difference > TOLERANCE:
            raise CheckpointError(f'{args.out} differs from PyTorch by {difference:.2g}')
    shapes = ' and '.join(f'{list(x.shape[1:])}' for x in inputs)
    print(f'{args.out}: inputs {shapes}; onnxruntime within {difference:.1e} of PyTorch')


if __name__ == '__main__':
    main()
