# coarse_to_fine_cached.py with alignment: stage 2.
_base_ = ['coarse_to_fine_cached.py', 'alignment_cached.py']

model = dict(
    avc_head=dict(visual_branch=dict(dropout=0.65)),  # it must hold for unseen pictures
    **_base_.pop('alignment'),  # not kept as a key next to model
)
