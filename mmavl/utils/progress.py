"""How far a training is, for losses that change on the way."""

from mmengine.logging import MessageHub


def current_epoch() -> int | None:
    """The epoch that is being trained, from 0; None where nothing was trained in this process.

    mmengine's RuntimeInfoHook writes it down before each epoch, also where a run is resumed.
    """
    epoch = MessageHub.get_current_instance().get_info('epoch', None)
    return None if epoch is None else int(epoch)
