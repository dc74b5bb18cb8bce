import pytest
import torch
from mmengine.optim.optimizer import amp_optimizer_wrapper

from mmavl.engine.checkpoint import load_checkpoint
from mmavl.engine.launch import run_training

CLIPS = [f'clip{index}' for index in range(16)]


@pytest.fixture
def in_order(make_cfg):
    """Return a function that makes the config of a run whose batches are clips 0-3, 4-7, ..."""

    def make(*args, **options):
        return make_cfg(*args, train_dataloader__sampler__shuffle=False, **options)

    return make


def saved(tmp_path, name='run'):
    return sorted(path.name for path in (tmp_path / name).glob('*.pth'))


def message_of(cfg, resume=None):
    with pytest.raises(FloatingPointError) as error:
        run_training(cfg, resume)
    return str(error.value)


def named(message):
    """The clips that a message names."""
    clips = message.partition('Clips of the batch: ')[2].partition('. ')[0]
    return clips.split(', ') if clips else []


@pytest.mark.parametrize(
    ('option', 'start'),
    [
        ('model__nan_at_clip', 'loss=nan at epoch 1, iteration 2.'),
        ('model__nan_gradient_at_clip', 'the gradient is not finite (loss='),
    ],
)
@pytest.mark.parametrize('clip_grad', [None, {'max_norm': 1.0}])
def test_the_batch_that_is_not_finite_is_named_and_not_the_next(
    in_order, tmp_path, option, start, clip_grad
):
    message = message_of(in_order(**{option: 'clip7', 'optim_wrapper__clip_grad': clip_grad}))
    assert message.startswith(start)
    assert 'epoch 1, iteration 2.' in message
    assert named(message) == CLIPS[4:8]
    assert saved(tmp_path) == []


@pytest.mark.parametrize('option', ['model__nan_at_clip', 'model__nan_gradient_at_clip'])
def test_the_last_checkpoint_is_good_and_resumes_as_the_message_says(in_order, tmp_path, option):
    every = {
        'default_hooks__checkpoint__by_epoch': False, 'default_hooks__checkpoint__interval': 1
    }  # fmt: skip
    message = message_of(in_order(**every, **{option: 'clip15'}))
    assert 'max_skipped of NonFiniteHook' in message
    assert '--resume' in message
    assert saved(tmp_path) == ['iter_2.pth', 'iter_3.pth']
    run_training(
        in_order(**every, default_hooks__finite__max_skipped=2, **{option: 'clip15'}), 'auto'
    )
    last = load_checkpoint(tmp_path / 'run/iter_8.pth')
    assert all(tensor.isfinite().all() for tensor in last['state_dict'].values())


@pytest.mark.parametrize('option', ['model__nan_at_clip', 'model__nan_gradient_at_clip'])
def test_a_skipped_batch_leaves_no_trace(in_order, tmp_path, option):
    """The momentum, the weights and the buffers are those of a run that stopped before it."""
    common = {'model__norm': True, 'train_cfg__max_epochs': 1}
    every = {
        'default_hooks__checkpoint__by_epoch': False, 'default_hooks__checkpoint__interval': 1
    }  # fmt: skip
    cfg = in_order(**common, **every, default_hooks__finite__max_skipped=1, **{option: 'clip15'})
    run_training(cfg)
    before, after = (load_checkpoint(tmp_path / f'run/iter_{n}.pth') for n in (3, 4))
    for name, tensor in before['state_dict'].items():
        assert torch.equal(tensor, after['state_dict'][name]), name
    momentum = [c['optimizer']['state'][0]['momentum_buffer'] for c in (before, after)]
    assert torch.equal(*momentum)


def test_no_more_are_skipped_than_allowed(in_order, tmp_path):
    cfg = in_order(model__nan_gradient_at_clip='clip0', default_hooks__finite__max_skipped=2)
    run_training(cfg)  # once in each of two epochs
    cfg = in_order('short', model__nan_gradient_at_clip='clip0')
    cfg.default_hooks.finite.max_skipped = 1
    assert 'at epoch 2, iteration 5.' in message_of(cfg)
    assert saved(tmp_path, 'short') == ['epoch_1.pth']


@pytest.mark.parametrize(
    ('option', 'place', 'clips'),
    [
        ('model__nan_at_clip', 'iteration 1.', CLIPS[:4]),  # its own loss shows it
        ('model__nan_gradient_at_clip', 'iteration 2.', CLIPS[:8]),  # one of the sum
    ],
)
def test_with_accumulated_gradients_all_clips_of_the_step_are_named(
    in_order, option, place, clips
):
    cfg = in_order(optim_wrapper__accumulative_counts=2, **{option: 'clip3'})
    message = message_of(cfg)
    assert place in message
    assert named(message) == clips


def test_with_accumulated_gradients_the_rest_of_the_sum_is_used(in_order, tmp_path):
    cfg = in_order(optim_wrapper__accumulative_counts=2, model__nan_at_clip='clip3')
    cfg.default_hooks.finite.max_skipped = 2
    run_training(cfg)
    weight = load_checkpoint(tmp_path / 'run/epoch_2.pth')['state_dict']['layer.weight']
    assert weight.isfinite().all()
    assert not torch.equal(weight, torch.full_like(weight, 0.5))


def test_a_step_that_destroys_the_weights_does_not_blame_the_next_batch(in_order, tmp_path):
    message = message_of(in_order(optim_wrapper__optimizer__lr=3e38, train_cfg__max_epochs=1))
    assert 'the weights (layer.' in message
    assert 'no longer finite before epoch 1, iteration 2: lower the learning rate' in message
    assert named(message) == []


def test_weights_that_are_not_finite_are_not_saved(in_order, tmp_path):
    cfg = in_order(
        optim_wrapper__optimizer__lr=3e38,
        default_hooks__checkpoint__by_epoch=False,
        default_hooks__checkpoint__interval=1,
    )
    message = message_of(cfg)
    assert 'the weights (layer.' in message
    assert 'no longer finite after iteration 1 and were not saved' in message
    assert saved(tmp_path) == []


@pytest.fixture
def float16(monkeypatch):
    """mmengine's mixed precision with loss scaling, on the CPU."""
    monkeypatch.setattr(amp_optimizer_wrapper, 'is_cuda_available', lambda: True)
    monkeypatch.setattr(
        amp_optimizer_wrapper, 'GradScaler', lambda **kwargs: torch.amp.GradScaler('cpu', **kwargs)
    )
    return {
        'type': 'AmpOptimWrapper',
        'dtype': 'bfloat16',  # CPUs cannot compute in float16; the scaling is the same
        'loss_scale': {'init_scale': 2.0**127},
        'optimizer': {'type': 'SGD', 'lr': 0.1},
    }


def test_the_infinite_gradients_of_loss_scaling_stop_nothing(in_order, tmp_path, float16):
    cfg = in_order()
    cfg.optim_wrapper = float16
    run_training(cfg)
    scaler = load_checkpoint(tmp_path / 'run/epoch_2.pth')['optimizer']['loss_scaler']
    assert scaler['scale'] < 2.0**127  # there were some


def test_a_nan_loss_stops_loss_scaling_too(in_order, float16):
    cfg = in_order(model__nan_at_clip='clip7')
    cfg.optim_wrapper = float16
    assert named(message_of(cfg)) == CLIPS[4:8]


def test_losses_and_gradient_are_read_with_one_transfer_each(in_order, monkeypatch):
    transfers = []
    for name in ('tolist', 'item', '__bool__', '__float__'):
        original = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.Tensor, name, lambda self, f=original: transfers.append(1) or f(self)
        )
    from mmavl.engine.hooks import non_finite_hook

    hook = non_finite_hook.NonFiniteHook()
    weight = torch.nn.Parameter(torch.ones(3))
    weight.grad = torch.ones(3)
    hook._check_gradients(torch.optim.SGD([weight], lr=0.1))
    assert len(transfers) == 1
    assert non_finite_hook._values({'a': torch.ones(()), 'b': torch.ones(2)}) == {'a': 1, 'b': 1}
    assert len(transfers) == 2
