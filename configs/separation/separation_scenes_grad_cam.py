# The row Grad-CAM of Table 3: the class-specific map of the mixture is the mask.
# Nothing to train: tools/test.py takes it as it is.
_base_ = '../separation_scenes.py'

model = dict(
    _delete_=True,
    type='GradCAMMask',
    data_preprocessor=_base_.model.data_preprocessor,
    localizer=_base_.model.localizer,
    share=_base_.model.share,
)
