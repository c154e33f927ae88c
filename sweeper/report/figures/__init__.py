"""The figures of a report, drawn with plotly from the results of a study. Pure, but for ``image``."""

from collections.abc import Callable

from model.registry import Registry

from ..results import Results
from ..statistics.comparison import Comparisons
from .conflict import conflict_figure
from .curves import curves_figure
from .drawing import Figure, Panel
from .forest import forest_figure
from .history import history_figure
from .importances import importances_figure
from .learning import learning_figure
from .parallel import parallel_figure
from .slice import slices_figure
from .smart import smart_figure
from .timeline import timeline_figure
from .tradeoff import pareto_figure, tradeoff_figure

__all__ = ["FIGURES", "Figure", "Panel", "study_figures"]

DrawFigure = Callable[[Results, Comparisons], Figure]
"""Draws a figure of a study with its arms compared."""


def _alone(draw: Callable[[Results], Figure]) -> DrawFigure:
    return lambda results, _: draw(results)


def _by_overall(draw: Callable[[Results], Figure]) -> DrawFigure:
    """A figure of those trials that have an `overall`; without panels where none has one."""

    def drawn(results: Results, _: Comparisons) -> Figure:
        whole = results.whole
        return Figure("", "", "", (), ()) if whole.complete.empty else draw(whole)

    return drawn


FIGURES: Registry[DrawFigure] = Registry(
    "figure",
    {
        "forest": forest_figure,
        "history": _by_overall(history_figure),
        "curves": _by_overall(curves_figure),
        "learning": _alone(learning_figure),
        "tradeoff": _alone(tradeoff_figure),
        "pareto": _alone(pareto_figure),
        "slices": _by_overall(slices_figure),
        "parallel": _by_overall(parallel_figure),
        "importances": _by_overall(importances_figure),
        "conflict": _alone(conflict_figure),
        "smart": _alone(smart_figure),
        "timeline": _alone(timeline_figure),
    },
)
"""Every figure by its key, in the order of a report; one without panels has nothing to draw."""


def study_figures(results: Results, comparisons: Comparisons | None = None) -> list[Figure]:
    """All figures for which a study has what they draw; none before a trial is complete.

    Args:
        results: The study.
        comparisons: Of its arms; made where they are not given.
    """
    if results.complete.empty:
        return []
    compared = comparisons or Comparisons(results)
    figures = [draw(results, compared) for draw in FIGURES.values()]
    return [figure for figure in figures if figure.panels]
