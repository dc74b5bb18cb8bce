import pytest
import torch

from mmavl.registry import MODELS
from mmavl.separators import AudioGuidance, VisualGuidance


@pytest.fixture
def localizer(localizer_config):
    torch.manual_seed(0)
    return MODELS.build(localizer_config).eval()


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(1)
    return {
        'F_a': torch.rand(3, 6, 8, 2, generator=generator),
        'E_a': torch.randn(3, 8, 8, 1, generator=generator),
        'E_v': torch.randn(3, 8, 4, 4, generator=generator),
    }


def test_the_guide_is_e_v_pooled_by_eq8(localizer, features):
    labels = torch.tensor([0, 3, 1])
    with torch.no_grad():
        found = VisualGuidance(temperature=0.3)(localizer, features, labels)
        sounds = AudioGuidance()(localizer, features, labels)
        head = localizer.alignment_head
        for index, sound in enumerate(sounds):
            weights, pooled = 0, 0
            for u in range(4):
                for v in range(4):
                    cell = features['E_v'][index, :, u, v]
                    heard = head.project_audio(sound[None], labels[index : index + 1])
                    projected = head.project_visual(cell[None]), heard
                    weight = torch.exp(-(projected[0] - projected[1]).norm() / 0.3)
                    weights, pooled = weights + weight, pooled + weight * cell
            torch.testing.assert_close(found[index], pooled / weights, atol=1e-5, rtol=1e-4)


def test_projected_pools_what_eq6_makes_of_each_cell(localizer, features):
    labels = torch.tensor([0, 3, 1])
    with torch.no_grad():
        guidance = VisualGuidance(temperature=0.3, projected=True)
        found = guidance(localizer, features, labels)
        weights = guidance.weights(localizer, features, labels)
        for index in range(3):
            cells = features['E_v'][index].flatten(1).T
            seen = localizer.alignment_head.project_visual(cells)
            weight = weights[index].flatten()[:, None]
            expected = (seen * weight).sum(0) / weight.sum()
            torch.testing.assert_close(found[index], expected, atol=1e-5, rtol=1e-4)


def test_a_low_temperature_looks_at_one_place_a_high_one_everywhere(localizer, features):
    labels = torch.tensor([0, 3, 1])
    with torch.no_grad():
        narrow = VisualGuidance(1e-4).weights(localizer, features, labels)
        wide = VisualGuidance(1e4)(localizer, features, labels)
    assert ((narrow > 1e-3).flatten(1).sum(1) == 1).all()
    torch.testing.assert_close(wide, features['E_v'].mean((2, 3)), atol=1e-3, rtol=0)


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match='temperature=0'):
        VisualGuidance(temperature=0)
