"""Checking that the parts of a localizer fit together."""

from torch import nn


def check_channels(model: nn.Module) -> None:
    """Compare the input channels of each part of a :class:`CoarseToFine` with the part before it.

    Custom parts are checked if they have ``in_channels`` and ``out_channels``.

    Args:
        model (nn.Module): The localizer.

    Raises:
        ValueError: Some do not fit; the message lists all of them, with the keys to set.
    """
    wrong = []

    def connect(taker: str, giver: str, index: int = -1) -> str:
        """Check one connection; return the part whose channels come out of it."""
        part = _part(model, taker)
        if part is None:
            return giver
        given = getattr(_part(model, giver), 'out_channels', None)
        given = given[index] if isinstance(given, list | tuple) else given
        taken = getattr(part, 'in_channels', None)
        if None not in (given, taken) and given != taken:
            wrong.append(
                f'{giver} gives {given} channels, but {taker} takes {taken}: set '
                f'{taker}.in_channels={given}'
            )
        return taker

    audio_out = connect('audio_neck', 'audio_backbone')
    connect('audio_tag_head', audio_out)
    apart = _part(model, 'avc_head.audio_neck') is not None
    branch = connect('avc_head.audio_neck', 'audio_backbone') if apart else audio_out
    connect('avc_head.audio_branch', branch)
    connect('visual_tag_head', connect('visual_neck', 'visual_backbone', 0))
    connect('avc_head.visual_branch', 'visual_backbone', 0)
    connect('alignment_head', 'avc_head.visual_branch')
    if wrong:
        raise ValueError('; '.join(wrong))


def _part(model: nn.Module, name: str) -> nn.Module | None:
    """A part by its dotted name; None if the config omits it."""
    part: nn.Module | None = model
    for step in name.split('.'):
        part = getattr(part, step, None)
    return part
