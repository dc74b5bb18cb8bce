"""Rows of pretrained classifiers, to initialise tag heads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm
from mmavl.utils.label_lists import read_labels
from mmavl.utils.weights import load_classifier, resolve_path

from ..backbones.timm_backbone import check_timm_name
from ..backbones.yamnet import read_onnx_linear


class BaseClassifierRows(ABC):
    """Rows of a classifier's last layer; the row of a class is the mean over its labels.

    Args:
        classes (Sequence[str]): The C classes, in the dataset's order.
        groups (dict): Config of the mapping from the classifier's labels to the classes.
        labels (str | Sequence[str]): The label list, see
            :func:`mmavl.utils.label_lists.read_labels`.
        weights (str, optional): The weight file, as a path or ``pkg://package/path``. Defaults to
            None: the head keeps random weights, e.g. because a checkpoint replaces them.
    """

    def __init__(
        self,
        classes: Sequence[str],
        groups: dict,
        labels: str | Sequence[str],
        weights: str | None = None,
    ) -> None:
        self.classes = list(classes)
        self.groups = groups
        self.labels = labels
        self.weights = weights

    @abstractmethod
    def last_layer(self) -> tuple[Tensor, Tensor]:
        """Weight [L, D] and bias [L] of the classifier's last layer."""

    def __call__(self) -> tuple[Tensor, Tensor] | None:
        """Weight [C, D] and bias [C]; None if there is no weight file.

        Raises:
            ConfigError: The label list does not have one name per output, or a class has
                no label.
            FileNotFoundError: The weights or the label list are missing.
        """
        if self.weights is None:
            return None
        labels = read_labels(self.labels)
        weight, bias = self.last_layer()
        if len(bias) != len(labels):
            raise ConfigError(
                f'{self.weights} has {len(bias)} outputs, its label list {len(labels)} names: '
                'use the list that was published with the model'
            )
        table = torch.from_numpy(MODELS.build(self.groups)(labels, self.classes))
        without = [name for name, count in zip(self.classes, table.sum(0)) if not count]
        if without:
            raise ConfigError(
                f'the groups for {self.weights} have no label for {", ".join(without)}'
            )
        share = (table / table.sum(0)).T
        return share @ weight, share @ bias


@MODELS.register_module()
class YAMNetRows(BaseClassifierRows):
    """Rows of YAMNet's classifier; ``weights`` is the published ONNX file or a zip of it.

    Source: M. Plakal and D. Ellis, YAMNet (2020).
    """

    def last_layer(self) -> tuple[Tensor, Tensor]:
        """See :class:`BaseClassifierRows`."""
        assert self.weights is not None  # else it is not called
        return read_onnx_linear(resolve_path(self.weights))


@MODELS.register_module()
class TimmRows(BaseClassifierRows):
    """Rows of a timm classifier.

    Args:
        name (str): timm's name of the model.
        **kwargs: See :class:`BaseClassifierRows`; ``labels`` defaults to ImageNet's.
    """

    def __init__(self, name: str, labels: str | Sequence[str] = 'timm:imagenet-1k', **kwargs):
        super().__init__(labels=labels, **kwargs)
        check_timm_name(name)
        self.name = name

    def last_layer(self) -> tuple[Tensor, Tensor]:
        """See :class:`BaseClassifierRows`."""
        assert self.weights is not None  # else it is not called
        net = create_timm(self.name, False, num_classes=len(read_labels(self.labels)))
        load_classifier(net, self.weights, self.name)
        layer = net.get_classifier()
        if not isinstance(layer, torch.nn.Linear):
            raise ConfigError(f'{self.name} must end in a linear layer, not in {layer}')
        return layer.weight.detach(), layer.bias.detach()


def start_from(layer: torch.nn.Linear, rows: dict | None, frozen: bool = False) -> None:
    """Initialise a linear layer with the rows of a pretrained classifier.

    Args:
        layer (nn.Linear): From D channels to C classes.
        rows (dict, optional): Config of a :class:`BaseClassifierRows`. None changes nothing.
        frozen (bool): Whether to freeze the rows and train only the bias. Defaults to
            False.

    Raises:
        ConfigError: The rows do not fit the layer.
    """
    layer.weight.requires_grad_(not frozen)
    values = None if rows is None else MODELS.build(rows)()
    if values is None:
        return
    weight, bias = values
    if weight.shape != layer.weight.shape:
        raise ConfigError(
            f'rows of {tuple(weight.shape)} do not fit a tag head of {tuple(layer.weight.shape)}: '
            f'set num_classes={weight.shape[0]} and in_channels={weight.shape[1]}'
        )
    with torch.no_grad():
        layer.weight.copy_(weight)
        if layer.bias is not None:
            layer.bias.copy_(bias)
