import torch

from mmavl.registry import MODELS
from mmavl.separators import AudioGuidance


def test_the_guide_is_eq5_on_the_sound(localizer_config, given_maps):
    head = {**localizer_config['alignment_head'], 'peak_threshold': 0.5}
    localizer = MODELS.build({**localizer_config, 'alignment_head': head}).eval()
    maps = torch.tensor([[[1.0], [4.0], [3.0]], [[0.0], [0.0], [0.0]]])
    localizer.disentangler = given_maps(maps)
    embedded = torch.arange(2 * 8 * 3.0).view(2, 8, 3, 1)
    found = AudioGuidance()(localizer, {'F_a': None, 'E_a': embedded}, torch.tensor([0, 1]))
    # above half of the maximum: 0, 2 and 1
    torch.testing.assert_close(found[0], (2 * embedded[0, :, 1, 0] + embedded[0, :, 2, 0]) / 3)
    torch.testing.assert_close(found[1], embedded[1, :, :, 0].mean(1))  # unheard: uniform
