# The row Grad-CAM of Table 3: the class-specific map of the mixture is the mask.
# Nothing to train: tools/test.py takes it as it is.
_base_ = '../separation_scenes.py'

model = dict(
    guidance=dict(_delete_=True, type='GradCAMMask'), unet=None, synthesizer=None, mask='ratio'
)
