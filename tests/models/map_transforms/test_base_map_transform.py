import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.heads import AlignmentHead
from mmavl.models.localizers import CoarseToFine, RandomLocalizer
from mmavl.models.map_transforms import BaseMapTransform, MapContext, build_map_transforms
from mmavl.registry import MODELS
from mmavl.structures import AVDataSample

from ...small_models import PARTS


@MODELS.register_module(force=True)
class Upside(BaseMapTransform):
    """A transform of one's own: turns maps upside down, and marks each by its clip."""

    def forward(self, maps, context=None):
        return maps.flip(-2) + context.pairs[:, 0, None, None]


def test_a_name_alone_is_a_transform_without_arguments():
    first, second = build_map_transforms(['SmoothMaps', {'type': 'SmoothMaps', 'side': 5}])
    assert (first.side, second.side) == (3, 5)


def test_values_of_clips_become_values_of_maps():
    pairs = torch.tensor([[0, 3], [1, 0], [1, 2]])
    context = MapContext(None, None, pairs)
    assert context.by_map(torch.tensor([5.0, 7.0])).tolist() == [5.0, 7.0, 7.0]


@pytest.mark.parametrize('name', ['CellCorrespondence', 'ObjectGuidance', 'TimesClassMaps'])
def test_an_alignment_head_refuses_a_transform_that_needs_the_model(name):
    head = AlignmentHead(in_channels=4, embed_dim=8, map_transforms=[name])
    message = f'{name} needs the model and its inputs: list it in map_transforms of the model'
    with pytest.raises(ConfigError, match=message):
        head.heat_maps(torch.randn(1, 8), torch.randn(1, 2, 2, 8))


def test_every_localizer_applies_its_own():
    def predict(transforms):
        samples = [
            AVDataSample(metainfo={'clip_id': str(i)}, gt_tags=torch.ones(2)) for i in range(2)
        ]
        RandomLocalizer(map_transforms=transforms).predict({}, samples)
        return [sample.pred_maps.data for sample in samples]

    for plain, changed in zip(predict([]), predict(['Upside'])):
        assert torch.equal(changed, plain.flip(-2))


def test_a_part_that_a_transform_needs_and_the_model_lacks_is_named():
    with pytest.raises(ConfigError, match='TimesClassMaps in map_transforms needs visual_tag'):
        CoarseToFine(**PARTS, map_transforms=['TimesClassMaps'])
    sample = AVDataSample(metainfo={'clip_id': 'a'}, gt_tags=torch.ones(2))
    with pytest.raises(ConfigError, match=r'CellCorrespondence in .* avc_head, .* RandomLoc'):
        RandomLocalizer(map_transforms=['CellCorrespondence']).predict({}, [sample])
