"""Exporting localizers to ONNX."""

import contextlib
import io
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from mmengine import Config
from mmengine.model import BaseModel
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.utils.components import component_name
from mmavl.utils.files import atomic_write

from .localizer_graph import LocalizerGraph

INPUTS = ('spectrogram', 'image')


def export_onnx(
    path: str | Path,
    model: BaseModel,
    spectrogram: Tensor,
    image: Tensor,
    classes: Sequence[str] = (),
) -> None:
    """Export a localizer: from spectrogram and image to maps and tags of all classes.

    The batch size is dynamic; all other input dimensions are fixed.

    Args:
        path (str | Path): The ``.onnx`` file. Its metadata contains ``classes`` and
            ``preprocessor`` as JSON, which describe how to compute the inputs.
        model (BaseModel): A :class:`CoarseToFine`; see :class:`LocalizerGraph`.
        spectrogram (Tensor): An example, [2, 1, T, F].
        image (Tensor): An example, [2, 3, H, W].
        classes (Sequence[str]): Class names. Defaults to ().

    Raises:
        ConfigError: The model cannot be exported.
    """
    graph = LocalizerGraph(model.cpu().eval()).requires_grad_(False)
    batch = torch.export.Dim('batch')
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter('ignore')  # the exporter's internal warnings
        program = torch.onnx.export(
            graph,
            (spectrogram, image),
            dynamo=True,
            input_names=list(INPUTS),
            output_names=list(graph.output_names),
            dynamic_shapes=[{0: batch}, {0: batch}],
        )
    assert program is not None  # of dynamo
    proto = program.model_proto
    onnx.helper.set_model_props(
        proto,
        {
            'classes': json.dumps(list(classes)),
            'preprocessor': json.dumps(
                getattr(model, 'cfg', {}).get('model', {}).get('data_preprocessor')
            ),
        },
    )
    with atomic_write(path, 'wb') as file:
        file.write(proto.SerializeToString())


def input_sizes(cfg: Config) -> tuple[int, tuple[int, int]]:
    """Samples of sound, and height and width of images, after a config's test pipeline.

    Raises:
        ConfigError: The pipeline does not bring clips to a fixed size.
    """
    steps = {component_name(s['type']): s for s in cfg.test_dataloader.dataset.pipeline}
    try:
        rate = steps['LoadAudio'].get('sample_rate', 22050)
        samples = round(steps['CropPadAudio']['seconds'] * rate)
        height, width = steps['Resize']['size']
    except KeyError as error:
        raise ConfigError(f'test_dataloader.dataset.pipeline has no {error}') from error
    return samples, (height, width)


def example_inputs(model: BaseModel, samples: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Spectrograms and images of two random clips, from the model's preprocessor."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8, generator=generator)
    waveform = torch.rand(2, samples, generator=generator) - 0.5
    data = {'inputs': {'image': list(image), 'waveform': list(waveform)}}
    with torch.no_grad():
        inputs = model.data_preprocessor.cpu()(data)['inputs']
    return inputs['spectrogram'], inputs['image']


def onnx_difference(path: str | Path, model: BaseModel, *inputs: Tensor) -> float:
    """Largest absolute difference between onnxruntime's outputs and PyTorch's.

    Args:
        path (str | Path): The exported file.
        model (BaseModel): The exported model.
        *inputs (Tensor): Spectrogram [N, 1, T, F] and image [N, 3, H, W].
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    outputs = session.run(None, dict(zip(INPUTS, (x.numpy() for x in inputs), strict=True)))
    with torch.no_grad():
        expected = LocalizerGraph(model)(*inputs)
    return max(float(np.abs(a - b.numpy()).max()) for a, b in zip(outputs, expected, strict=True))
