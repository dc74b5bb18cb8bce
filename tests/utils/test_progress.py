from mmengine.logging import MessageHub

from mmavl.utils.progress import current_epoch


def test_the_epoch_is_the_one_that_mmengine_writes_down(monkeypatch):
    hub = MessageHub.get_current_instance()
    monkeypatch.setattr(hub, '_runtime_info', {})
    assert current_epoch() is None
    hub.update_info('epoch', 3)
    assert current_epoch() == 3
