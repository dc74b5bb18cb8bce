"""A frozen backbone whose features are computed once per clip."""

import hashlib

from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .frozen import FrozenBackbone


@MODELS.register_module()
class CachedBackbone(FrozenBackbone):
    """Freeze a backbone, so that its features can be cached.

    :class:`mmavl.engine.hooks.FeatureCacheHook` looks for this wrapper in the model and runs it
    once over the datasets, which then load the stored features instead of media. Other input goes
    through the backbone as usual, so the model also runs on new files.

    Args:
        backbone: Config of a backbone with a single output map.

    Shape:
        Same as the wrapped backbone.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Run the frozen backbone, without gradients."""
        features = super().forward(inputs)
        if not isinstance(features, Tensor):
            raise ConfigError(
                f'{type(self.backbone).__name__} returns {len(features)} maps, CachedBackbone '
                'needs one: set a single entry in out_indices'
            )
        return features

    def fingerprint(self) -> str:
        """SHA-256 over the structure and the weights, which determine the cached features."""
        digest = hashlib.sha256(repr(self.backbone).encode())
        for name, value in self.backbone.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()
