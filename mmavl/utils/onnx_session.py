"""Running ONNX files with onnxruntime, with float inputs and outputs."""

import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmavl.errors import ConfigError

from .failures import first_line
from .zip_files import zip_problem

#: Maximum bytes of an unpacked zip.
LARGEST = 2**30
_FLOATS = {
    'tensor(float)': np.float32,
    'tensor(double)': np.float64,
    'tensor(float16)': np.float16,
}


def load_onnx(path: Path) -> Any:
    """Read an ONNX file completely, with its external data.

    Args:
        path (Path): The .onnx file, or a .zip that contains it.

    Returns:
        onnx.ModelProto: The model.

    Raises:
        ConfigError: The file is damaged, unpacks to more than :data:`LARGEST` bytes, or is a zip
            without an ONNX file.
    """
    import onnx

    if path.suffix != '.zip':
        return _load(onnx.load, path, path)
    problem = zip_problem(path, largest=LARGEST, check_sums=False)  # unpacking verifies them
    if problem:
        raise ConfigError(f'{path} {problem}')
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        _load(archive.extractall, folder, path)
        inner = next(Path(folder).rglob('*.onnx'), None)
        if inner is None:
            raise ConfigError(f'{path} contains no .onnx file')
        return _load(onnx.load, inner, path)


def _load(read: Callable, source: Any, path: Path) -> Any:
    try:
        return read(source)
    except OSError:
        raise
    except Exception as error:  # a damaged file can raise any error
        raise ConfigError(f'{path} is damaged or not an ONNX file: {first_line(error)}') from error


class OnnxSession:
    """An ONNX model with one input and one output, on the CPU.

    If the model's input or output is quantised, values are converted with the scales
    in its graph. Quantise and dequantise nodes are computed as they are: the 8-bit
    kernels into which onnxruntime fuses them saturate on CPUs without VNNI, which changes
    YAMNet's predictions.

    Args:
        path (Path): The .onnx file, or a .zip that contains it.

    Raises:
        ImportError: onnxruntime is not installed.
        ConfigError: The model has several inputs, or a quantised input or output without scale.
    """

    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ImportError(
                'ONNX teachers need onnxruntime. Run: pip install onnxruntime'
            ) from error
        model = load_onnx(path)
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry('session.disable_quant_qdq', '1')
        options.log_severity_level = 3
        create = partial(
            onnxruntime.InferenceSession, sess_options=options, providers=['CPUExecutionProvider']
        )
        self._session = _load(create, model.SerializeToString(), path)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1:
            raise ConfigError(f'{path} must have one input, not {[i.name for i in inputs]}')
        self._input, self._output = inputs[0].name, outputs[0].name
        self._one_by_one = inputs[0].shape[0] == 1
        self._float = _FLOATS.get(inputs[0].type)
        scales = _end_scales(model.graph)
        self._codes = _codes(path, inputs[0], scales)
        self._values = _codes(path, outputs[0], scales)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the model.

        Args:
            batch (ndarray): float32 [N, ...].

        Returns:
            ndarray: float32 [N, ...].
        """
        if self._one_by_one and len(batch) > 1:
            return np.concatenate([self(batch[i : i + 1]) for i in range(len(batch))])
        if self._codes is not None:
            scale, zero, kind = self._codes
            limits = np.iinfo(kind)
            batch = np.clip(np.round(batch / scale) + zero, limits.min, limits.max).astype(kind)
        else:
            batch = batch.astype(self._float, copy=False)
        (output,) = self._session.run([self._output], {self._input: batch})
        if self._values is not None:
            scale, zero, _ = self._values
            output = (output.astype(np.float32) - zero) * scale
        return np.asarray(output, np.float32)


def _end_scales(graph: Any) -> dict[str, tuple[float, float]]:
    """Scale and zero point of each tensor that a node (de)quantises, by the quantised name."""
    import onnx

    constants = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    scales = {}
    for node in graph.node:
        if node.op_type in ('QuantizeLinear', 'DequantizeLinear'):
            codes = node.output[0] if node.op_type == 'QuantizeLinear' else node.input[0]
            params = [constants[name] for name in node.input[1:3] if name in constants]
            if len(params) == 2 and all(value.size == 1 for value in params):
                scales[codes] = float(params[0].item()), float(params[1].item())
    return scales


def _codes(
    path: Path, end: Any, scales: dict[str, tuple[float, float]]
) -> tuple[float, float, type] | None:
    """Scale, zero point and integer type of a quantised input or output; None if float."""
    if end.type in _FLOATS:
        return None
    if end.name not in scales:
        raise ConfigError(
            f'{path}: {end.name!r} is {end.type}, but the graph does not give its scale: '
            'export the model with float inputs and outputs'
        )
    return *scales[end.name], np.dtype(end.type.removeprefix('tensor(').rstrip(')')).type
