# The networks of DMC's simplified implementation and of DSOL: two ResNet-18 of stride 16, and one
# second of sound as 201 x 64 mel bands of the magnitude. The published front end gives decibels,
# these are their natural logarithm: a factor that the first batch normalisation takes out.
model = dict(
    data_preprocessor=dict(
        type='AVDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        spectrogram=dict(
            type='LogMelSpectrogram',
            sample_rate=16000,
            n_fft=160,
            win_length=160,
            hop_length=80,
            n_mels=64,
            power=1,
            log_offset=1e-10,
        ),
    ),
    audio_backbone=dict(type='ResNet18', in_channels=1),
    visual_backbone=dict(type='ResNet18'),
)
