"""EZ-VSL: localizing visual sounds the easy way."""

from torch import Tensor

from mmavl.registry import MODELS

from .similarity_localizer import SimilarityLocalizer, matching_loss, similarities


@MODELS.register_module()
class EZVSL(SimilarityLocalizer):
    """Of each picture only the cell that is most similar to a sound takes part in the loss.

    ``l_nm = max_x <v_n(x), a_m> / temperature`` for picture n and sound m; the loss is the
    cross-entropy of pictures over sounds plus that of sounds over pictures. Published with
    object guidance as a second stage: ``map_transforms=[dict(type='ObjectGuidance')]``.

    Differences from the published code: copies of a clip in a batch are not negatives, and the
    batch is that of all processes.

    Args:
        temperature: Defaults to 0.03.
        **kwargs: As for :class:`SimilarityLocalizer`.

    Source: S. Mo and P. Morgado, ECCV 2022, Eq. 3 to 5.
    """

    #: Prefixes of the published checkpoint's tensors -> mmavl's.
    published_names = {
        'imgnet.': 'visual_backbone.net.',
        'img_proj.': 'visual_neck.0.',
        'audnet.': 'audio_backbone.net.',
        'aud_proj.': 'audio_neck.0.',
    }
    published_ignored = ()

    def __init__(self, temperature: float = 0.03, **kwargs) -> None:
        super().__init__(**kwargs)
        self.temperature = temperature

    def contrast(self, audio: Tensor, visual: Tensor, clips: Tensor) -> dict[str, Tensor]:
        """The multiple-instance contrastive loss of both directions."""
        return {'loss_contrast': max_instance_loss(audio, visual, clips, self.temperature)}


def max_instance_loss(audio: Tensor, visual: Tensor, clips: Tensor, temperature: float) -> Tensor:
    """Contrast each sound with the most similar cell of each picture, in both directions.

    Args:
        audio: Unit vectors [N, d].
        visual: Unit vectors [N, d, h, w].
        clips: long [N].
        temperature: Divides the cosines.
    """
    logits = similarities(audio, visual).amax((-2, -1)) / temperature
    return matching_loss(logits, clips) + matching_loss(logits.T, clips)
