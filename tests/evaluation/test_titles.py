import pytest

from mmavl.evaluation.titles import metric_column, title_of


@pytest.mark.parametrize(
    ('metric', 'title'),
    [
        ('level3_ciou', 'cIoU level 3'),
        ('sfd/own', 'SFD own'),
        ('tags/audio_map', 'mAP audio'),
        ('separation/sdr_improvement', 'SDR+'),
        ('coco/bbox_mAP_50', 'box mAP50'),
    ],
)
def test_a_metric_has_one_title(metric, title):
    assert title_of(metric) == title
    assert metric_column(metric).title == title


def test_shares_are_percent_and_decibels_are_not():
    share, decibel = metric_column('sfd/own', ranked=True), metric_column('separation/si_sdr')
    assert (share.percent, share.digits, share.ranked) == (True, 1, True)
    assert (decibel.percent, decibel.digits) == (False, 2)
    assert metric_column('half_max/sfd/own', 'own').title == 'own'
    with pytest.raises(KeyError):
        metric_column('unheard_of')
