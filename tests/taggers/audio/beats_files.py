"""A tiny BEATs with fixed weights, in the layout of the published checkpoints."""

import torch

#: As the published cfg, but for the sizes.
CFG = {
    'encoder_layers': 3, 'encoder_embed_dim': 24, 'encoder_ffn_embed_dim': 32,
    'encoder_attention_heads': 3, 'activation_fn': 'gelu', 'dropout': 0.0,
    'attention_dropout': 0.0, 'activation_dropout': 0.0, 'encoder_layerdrop': 0.05,
    'dropout_input': 0.0, 'layer_norm_first': False, 'conv_bias': False, 'conv_pos': 8,
    'conv_pos_groups': 4, 'relative_position_embedding': True, 'num_buckets': 32,
    'max_distance': 40, 'gru_rel_pos': True, 'deep_norm': True, 'input_patch_size': 16,
    'layer_wise_gradient_decay_ratio': 0.6, 'embed_dim': 16, 'finetuned_model': True,
    'predictor_dropout': 0.0, 'predictor_class': 4,
}  # fmt: skip
MIDS = {0: '/m/04rlf', 1: '/m/09x0r', 2: '/m/0bt9lr', 3: '/m/0342h'}
CSV = """index,mid,display_name
0,/m/09x0r,"Speech"
1,/m/0bt9lr,"Dog"
2,/m/04rlf,"Music"
3,/m/0342h,"Guitar, plucked"
"""


def published_shapes(cfg):
    """Names and shapes of a published state dict, from the source code of BEATs."""
    first, width, hidden = (
        cfg[key] for key in ('embed_dim', 'encoder_embed_dim', 'encoder_ffn_embed_dim')
    )
    heads, size = cfg['encoder_attention_heads'], cfg['conv_pos']
    layer = {'self_attn.grep_a': (1, heads, 1, 1)}
    for name, out, into in [
        ('self_attn.k_proj', width, width), ('self_attn.v_proj', width, width),
        ('self_attn.q_proj', width, width), ('self_attn.out_proj', width, width),
        ('self_attn.grep_linear', 8, width // heads), ('fc1', hidden, width),
        ('fc2', width, hidden),
    ]:  # fmt: skip
        layer |= {f'{name}.weight': (out, into), f'{name}.bias': (out,)}
    layer['self_attn.relative_attention_bias.weight'] = (cfg['num_buckets'], heads)
    for name in ('self_attn_layer_norm', 'final_layer_norm'):
        layer |= {f'{name}.weight': (width,), f'{name}.bias': (width,)}
    return {
        'post_extract_proj.weight': (width, first), 'post_extract_proj.bias': (width,),
        'patch_embedding.weight': (first, 1, 16, 16), 'encoder.pos_conv.0.bias': (width,),
        'encoder.pos_conv.0.weight_g': (1, 1, size),
        'encoder.pos_conv.0.weight_v': (width, width // cfg['conv_pos_groups'], size),
        **{
            f'encoder.layers.{number}.{name}': shape
            for number in range(cfg['encoder_layers'])
            for name, shape in layer.items()
        },
        'encoder.layer_norm.weight': (width,), 'encoder.layer_norm.bias': (width,),
        'layer_norm.weight': (first,), 'layer_norm.bias': (first,),
        'predictor.weight': (cfg['predictor_class'], width),
        'predictor.bias': (cfg['predictor_class'],),
    }  # fmt: skip


def published_state(cfg=CFG):
    """A state dict of fixed numbers; one table of positions for all layers, as published."""
    state = {}
    for number, (name, shape) in enumerate(sorted(published_shapes(cfg).items())):
        count = torch.Size(shape).numel()
        values = torch.sin(torch.arange(count, dtype=torch.float64) ** 2 * 0.37 + number)
        if name.endswith('norm.weight'):
            values = 1 + values / 3
        if name.endswith(('grep_a', 'bias.weight')):  # so that positions count
            values = 6 * values
        state[name] = (0.5 * values).float().view(shape)
    table = 'self_attn.relative_attention_bias.weight'
    for name in state:
        if name.endswith(table):
            state[name] = state[f'encoder.layers.0.{table}']
    return state


def sound(seconds):
    """A rising tone that is cut off after half a second, and noise: [2, S] at 16 kHz."""
    time = torch.arange(round(seconds * 16000), dtype=torch.float64) / 16000
    tone = 0.4 * torch.sin(2 * torch.pi * (300 * time + 900 * time**2)) * (time < 0.5)
    noise = 0.1 * torch.sin(torch.arange(len(time), dtype=torch.float64) ** 2 * 0.7)
    return torch.stack([tone + 0.01 * noise, noise]).float()
