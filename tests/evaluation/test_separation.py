import math

import pytest

from mmavl.evaluation.separation import MixtureScores, separation_table, summarise

NAN = [math.nan] * 4


@pytest.fixture
def scores():
    """Two mixtures that are evaluated, one whose estimate and one whose reference is silent."""
    mixture = [[0.0, 1.0, 100.0, 0.5], [2.0, 3.0, 100.0, 1.5]]
    return [
        MixtureScores(
            'a', [0, 1], {'model': [[8, 9, 10, 7], [10, 11, 12, 9]], 'mixture': mixture}
        ),
        MixtureScores('b', [1, 2], {'model': [[5, 6, 7, 4], [5, 6, 7, 4]], 'mixture': mixture}),
        MixtureScores('c', [0, 2], {'model': [NAN, NAN], 'mixture': mixture}),
        MixtureScores('d', [0, 2], {'model': [NAN, NAN], 'mixture': [NAN, NAN]}),
    ]


def test_means_are_over_sources_and_then_over_mixtures(scores):
    three = MixtureScores('e', [0, 1, 2], {'model': [[0] * 4] * 3, 'mixture': [[0] * 4] * 3})
    metrics = summarise([*scores, three])
    assert metrics['sdr'] == pytest.approx((9 + 5 + 0) / 3)  # not over seven sources
    assert metrics['mixture/sdr'] == pytest.approx((1 + 1 + 1 + 0) / 4)


def test_improvements_are_over_the_mixture_of_the_same_pairs(scores):
    metrics = summarise(scores)
    assert metrics['sdr_improvement'] == pytest.approx((8 + 4) / 2)
    assert metrics['sir_improvement'] == pytest.approx((8 + 4) / 2)
    assert metrics['si_sdr_improvement'] == pytest.approx((7 + 3) / 2)
    assert 'sar_improvement' not in metrics


def test_skipped_mixtures_are_counted(scores):
    metrics = summarise(scores)
    assert (metrics['listed'], metrics['evaluated'], metrics['skipped']) == (4, 2, 2)
    none = summarise(scores[2:])
    assert (none['evaluated'], none['skipped']) == (0, 2)
    assert 'sdr' not in none
    assert none['mixture/sdr'] == 1


def test_classes_are_means_over_their_sources(scores):
    metrics = summarise(scores, ['Banjo', 'Cello'])
    assert metrics['class/Cello/sources'] == 2
    assert metrics['class/Cello/sdr'] == pytest.approx((10 + 5) / 2)
    assert metrics['class/Cello/sdr_improvement'] == pytest.approx((8 + 5) / 2)
    assert metrics['class/2/sdr'] == 5  # a label without a name


def test_the_table_has_a_line_for_each_row_and_class(scores):
    table = separation_table(summarise(scores, ['Banjo', 'Cello', 'Drum_kit']))
    rows = {row.name: [table.cell(row, column) for column in table.columns] for row in table.rows}
    assert rows['model'][:3] == ['2 of 4', '7.00', '6.00']
    assert rows['mixture as estimate'][:3] == ['-', '1.00', '-']
    assert rows['Cello'][:2] == ['2 sources', '7.50']
    assert list(rows) == ['model', 'mixture as estimate', 'Banjo', 'Cello', 'Drum kit']
    prefixed = {f'separation/{key}': value for key, value in summarise(scores).items()}
    assert separation_table(prefixed) == separation_table(summarise(scores))
    assert len(separation_table(summarise(scores[3:])).rows) == 1
