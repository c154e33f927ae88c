"""The settings of trials side by side."""

from itertools import pairwise
from typing import Any

import pytest

from sweeper.report.figures.parallel import parallel_figure
from tests.sweeper_tests.made import PARAMS, results, row, study


def settings(trace: Any) -> list[list[float]]:
    """The heights of each line of a trace."""
    found: list[list[float]] = [[]]
    for x, y in zip(trace.x, trace.y, strict=True):
        if x is None:
            found.append([])
        else:
            found[-1].append(y)
    return found[:-1]


def test_a_line_goes_through_every_setting_of_its_trial() -> None:
    of = study()
    chosen = [
        PARAMS | {"learning_rate": 5e-4, "dropout": 0.5},
        PARAMS | {"learning_rate": 1e-2, "dropout": 0.1, "weight_decay": 0.3},
        PARAMS | {"learning_rate": (5e-4 * 1e-2) ** 0.5, "dropout": 0.3},
    ]
    runs = [
        row(of, n, ("Baseline", "S-BERT")[n % 2], (0.4 + 0.1 * n, 0.7, 0.5), params=params)
        for n, params in enumerate(chosen)
    ]
    figure = parallel_figure(results(of, runs))
    (panel,) = figure.panels
    lines = {trace.hovertext[0]: line for trace in panel.drawing.data for line in settings(trace)}
    # arm, learning_rate on its log range, dropout and weight_decay by place, overall
    assert lines == {
        "trial 0": pytest.approx([0, 0, 1, 0, 0]),
        "trial 1": pytest.approx([1, 1, 0, 1, 0.5]),
        "trial 2": pytest.approx([0, 0.5, 0.5, 0, 1]),
    }
    assert list(panel.drawing.layout.xaxis.ticktext) == [
        *("arm", "learning_rate", "dropout", "weight_decay", "overall")
    ]
    assert list(panel.drawing.layout.yaxis.ticktext) == ["Baseline", "S-BERT"]


def test_colours_are_fifths_by_overall_the_best_last() -> None:
    of = study()
    runs = [row(of, n, "S-BERT", (0.01 * (n * 7 % 50), 0.7, 0.5)) for n in range(50)]
    (panel,) = parallel_figure(results(of, runs)).panels
    heights = [[line[-1] for line in settings(trace)] for trace in panel.drawing.data]
    assert [len(own) for own in heights] == [10] * 5
    assert all(max(low) < min(high) for low, high in pairwise(heights))
