"""The row Co-Separation of Table 3."""

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import roi_align

from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from . import signal
from .frame_separator import FrameSeparator
from .objects import Objects, objects_of

_CELLS = 4


@MODELS.register_module()
class CoSeparation(FrameSeparator):
    """A mask for each detected object, so that clips with several sounds can be used for training.

    An object's feature, the mean over its box, is added to the sound at the U-Net's bottleneck.
    The masks of a clip's objects add up to the ratio mask of the *clip* (co-separation loss),
    and a classifier must recognise each object's class in its separated sound (object-consistency
    loss). If no object of a class is in the frame, the whole frame is used.

    Args:
        unet (dict): Config of a :class:`SeparationUNet` with the neck's ``guide_channels`` and
            ``out_channels=1``.
        classifier (dict): Config of a :class:`SpectrogramClassifier`.
        consistency_weight (float): Weight of the object-consistency loss. Defaults to 0.05.
        **kwargs: See :class:`FrameSeparator`, without ``mask``, since it uses ratio masks.

    Source: R. Gao, K. Grauman, "Co-separating sounds of visual objects", ICCV 2019; without the
    additional audio-only object from a random scene.
    """

    uses_boxes = True

    def __init__(
        self, unet: dict, classifier: dict, consistency_weight: float = 0.05, **kwargs
    ) -> None:
        super().__init__(unet=unet, mask='ratio', **kwargs)
        self.classifier = MODELS.build(classifier)
        self.consistency_weight = consistency_weight

    def object_features(self, inputs: dict[str, Tensor], objects: Objects) -> Tensor:
        """The mean of the frame's features inside each box, [O, c]."""
        visual = self.look(inputs).float()
        height, width = visual.shape[-2:]
        corners = objects.boxes * objects.boxes.new_tensor([width, height, width, height])
        regions = torch.cat([objects.owners[:, None].to(corners), corners], 1)
        return roi_align(visual, regions, _CELLS, sampling_ratio=2, aligned=True).mean((-2, -1))

    def logits(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """Mask logits of each *object*, [O, rows, T]."""
        objects = objects_of(inputs)
        features = self.object_features(inputs, objects)
        owners = inputs['index'][objects.owners]
        return self.unet(signal.log_magnitude(mixture)[:, None], features, owners)[:, 0]

    def object_masks(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """A ratio mask of each object, [O, rows, T]."""
        return self.activate(self.logits(inputs, mixture))

    def soft_masks(self, inputs: dict[str, Tensor], mixture: Tensor) -> Tensor:
        """The sum of the masks of each source's objects, [S, rows, T]."""
        return objects_of(inputs).total(self.object_masks(inputs, mixture))

    def loss(
        self, inputs: dict[str, Tensor], data_samples: list[AVDataSample]
    ) -> dict[str, Tensor]:
        """The co-separation loss and the object-consistency loss."""
        mixture = self.warped(inputs['mixture'])
        objects = objects_of(inputs)
        masks = self.object_masks(inputs, mixture)
        error = (objects.total(masks) - self.targets(inputs, mixture)).abs()
        parts = masks * mixture[inputs['index'][objects.owners]]
        consistency = F.cross_entropy(self.classifier(parts[:, None]), objects.labels)
        return {
            'loss_mask': self.weighted(error, inputs, mixture),
            'loss_consistency': self.consistency_weight * consistency,
        }
