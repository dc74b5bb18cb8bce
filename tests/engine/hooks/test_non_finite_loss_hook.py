import pytest

from mmavl.engine.launch import run_training


def test_a_nan_loss_stops_training_and_names_the_clips(make_cfg, tmp_path):
    cfg = make_cfg(model__nan_at_clip='clip7')
    cfg.train_dataloader.sampler.shuffle = False
    with pytest.raises(FloatingPointError) as error:
        run_training(cfg)
    message = str(error.value)
    assert 'loss=nan at epoch 1, iteration 2' in message
    assert 'clip4, clip5, clip6, clip7.' in message
    assert 'clip3' not in message


def test_the_broken_weights_are_not_saved(make_cfg, tmp_path):
    cfg = make_cfg(model__nan_at_clip='clip15')
    cfg.train_dataloader.sampler.shuffle = False
    cfg.default_hooks.checkpoint.update(by_epoch=False, interval=1)
    with pytest.raises(FloatingPointError, match='iteration 4'):
        run_training(cfg)
    assert sorted(p.name for p in (tmp_path / 'run').glob('*.pth')) == ['iter_2.pth', 'iter_3.pth']
