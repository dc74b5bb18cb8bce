# Separation of any video's sound by the names of what sounds or is visible, without training.
_base_ = 'real_everyday.py'

model = dict(
    _delete_=True,
    type='TaggedNMF',
    localizer=_base_.model,
    data_preprocessor=dict(
        type='SeparationDataPreprocessor', sample_rate=16000, mean=[0.0] * 3, std=[1.0] * 3
    ),
)
