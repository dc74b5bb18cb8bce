from types import SimpleNamespace

from mmavl.datasets.parts import av_datasets


def test_the_datasets_inside_wrappers_come_in_their_order():
    first, second, third = (SimpleNamespace(features=None, number=n) for n in range(3))
    wrapped = SimpleNamespace(
        datasets=[first, SimpleNamespace(dataset=second), SimpleNamespace(datasets=[third])]
    )
    assert [part.number for part in av_datasets(wrapped)] == [0, 1, 2]
    assert list(av_datasets(first)) == [first]
    assert list(av_datasets([1, 2])) == []
