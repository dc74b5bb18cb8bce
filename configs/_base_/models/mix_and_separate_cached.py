# The localizer of stage2_scenes_class.py, frozen, and a U-Net an eighth as wide as the paper's.
_base_ = 'coarse_to_fine_aligned_cached.py'

localizer = _base_.model
preprocessor = localizer.pop('data_preprocessor')
for head in ('audio_tag_head', 'visual_tag_head', 'alignment_head'):
    localizer[head].num_classes = 15

model = dict(
    _delete_=True,
    type='MixAndSeparate',
    data_preprocessor=dict(
        type='SeparationDataPreprocessor',
        num_sources=2,
        train_seconds=2.972,  # 128 frames: half of the time an iteration
        mean=preprocessor.mean,
        std=preprocessor.std,
        spectrogram=preprocessor.spectrogram,
    ),
    localizer=localizer,
    guidance=dict(type='VisualGuidance', projected=True),
    unet=dict(type='SeparationUNet', channels=8, out_channels=16),
    synthesizer=dict(type='LinearSynthesizer', in_channels=128, channels=16),
    mask='binary',
    threshold=None,
    share=True,
)
del localizer, preprocessor, head

custom_hooks = [
    dict(type='FeatureCacheHook'),
    dict(
        type='LocalizerWeightsHook',
        checkpoint='work_dirs/stage2_scenes_class/epoch_16.pth',
    ),
]
