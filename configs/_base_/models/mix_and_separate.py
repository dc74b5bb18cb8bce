# The paper's separator: its localizer (coarse_to_fine.py with alignment, of MUSIC's 11 classes),
# frozen, and the U-Net of "The sound of pixels" as it is.
_base_ = 'coarse_to_fine.py'

localizer = _base_.model
preprocessor = localizer.pop('data_preprocessor')
for head in ('audio_tag_head', 'visual_tag_head'):
    localizer[head].num_classes = 11
localizer.alignment_head = dict(type='AlignmentHead')

model = dict(
    _delete_=True,
    type='MixAndSeparate',
    data_preprocessor=dict(
        type='SeparationDataPreprocessor',
        num_sources=2,
        mean=preprocessor.mean,
        std=preprocessor.std,
        spectrogram=preprocessor.spectrogram,
    ),
    localizer=localizer,
    guidance=dict(type='VisualGuidance'),
    unet=dict(type='SeparationUNet'),
    synthesizer=dict(type='LinearSynthesizer', in_channels=512),
    mask='binary',
)
del localizer, preprocessor, head

custom_hooks = [
    dict(type='LocalizerWeightsHook', checkpoint='work_dirs/stage2_music/epoch_60.pth'),
]
