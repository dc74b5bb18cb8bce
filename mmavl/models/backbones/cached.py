"""A frozen backbone whose features are computed once for each clip."""

import hashlib

from torch import Tensor

from mmavl.errors import ConfigError
from mmavl.registry import MODELS

from .frozen import FrozenBackbone


@MODELS.register_module()
class CachedBackbone(FrozenBackbone):
    """Freeze a backbone, so that its features can be computed once and read back.

    :class:`mmavl.engine.hooks.FeatureCacheHook` finds this wrapper in the model, runs it over the
    datasets once, and from then on the datasets serve the stored features instead of media. Input
    that was not cached goes through the backbone as usual, so the model also runs on files it has
    never seen.

    Args:
        backbone: Config of a backbone with a single output map.

    Shape:
        as the wrapped backbone.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """Run the frozen backbone; no gradient is kept."""
        features = super().forward(inputs)
        if not isinstance(features, Tensor):
            raise ConfigError(
                f'{type(self.backbone).__name__} gives {len(features)} maps, CachedBackbone holds '
                'one; set a single entry in out_indices'
            )
        return features

    def fingerprint(self) -> str:
        """SHA-256 over the structure and the weights: what a cached feature depends on."""
        digest = hashlib.sha256(repr(self.backbone).encode())
        for name, value in self.backbone.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()
