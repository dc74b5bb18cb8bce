import pytest
import torch

from mmavl.errors import ConfigError
from mmavl.models.heads import BaseClassifierRows, PooledTagHead, TimmRows
from mmavl.models.heads.classifier_rows import start_from
from mmavl.registry import MODELS
from mmavl.utils.hub import create_timm

LABELS = ['cello', 'acoustic guitar', 'electric guitar', 'dog']
TABLE = {'Guitar': ['acoustic guitar', 'electric guitar'], 'Cello': ['cello']}


@MODELS.register_module()
class RowsOfATest(BaseClassifierRows):
    def last_layer(self):
        return torch.arange(8.0).view(4, 2), torch.tensor([0.0, 1.0, 3.0, 9.0])


def rows(**options):
    groups = {'type': 'TableGroups', 'table': TABLE}
    given = {'classes': ['Guitar', 'Cello'], 'groups': groups, 'labels': LABELS, 'weights': 'file'}
    return {**given, **options}


def test_a_class_has_the_mean_of_its_labels_rows_in_the_classes_order():
    weight, bias = RowsOfATest(**rows())()
    assert weight.tolist() == [[3.0, 4.0], [0.0, 1.0]]
    assert bias.tolist() == [2.0, 0.0]


def test_a_head_starts_from_them_and_learns_its_bias_alone_where_they_are_frozen():
    config = {'type': 'RowsOfATest', **rows()}
    head = PooledTagHead(num_classes=2, in_channels=2, rows=config, frozen=True)
    features = torch.tensor([1.0, 10.0]).view(1, 2, 1, 1)
    assert head(features).tolist() == [[45.0, 10.0]]
    assert [n for n, p in head.named_parameters() if p.requires_grad] == ['fc.bias']


def test_without_a_weight_file_the_layer_keeps_its_random_weights():
    layer = torch.nn.Linear(2, 2)
    before = layer.weight.clone()
    start_from(layer, {'type': 'RowsOfATest', **rows(weights=None)})
    assert torch.equal(layer.weight, before)


def test_a_class_without_a_label_is_named():
    with pytest.raises(ConfigError, match='the groups for file have no label for Harp, Oboe'):
        RowsOfATest(**rows(classes=['Guitar', 'Harp', 'Cello', 'Oboe']))()


def test_another_list_of_labels_is_refused():
    with pytest.raises(ConfigError, match='file has 4 outputs, its label list 3 names'):
        RowsOfATest(**rows(labels=LABELS[:3]))()


def test_a_head_of_another_size_says_what_to_set():
    with pytest.raises(ConfigError, match='set num_classes=2 and in_channels=2'):
        PooledTagHead(num_classes=3, in_channels=2, rows={'type': 'RowsOfATest', **rows()})


def test_timms_rows_are_those_of_the_file(tmp_path):
    net = create_timm('test_efficientnet', False, num_classes=4)
    torch.save(net.state_dict(), tmp_path / 'net.pth')
    options = rows(weights=str(tmp_path / 'net.pth'))
    weight, bias = TimmRows(name='test_efficientnet', **options)()
    torch.testing.assert_close(weight[1], net.classifier.weight[0])
    torch.testing.assert_close(bias[0], net.classifier.bias[1:3].mean())
