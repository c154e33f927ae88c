"""The figures of a report, drawn with plotly from the results of a study. Pure, but for ``image``."""

from collections.abc import Callable

from model.registry import Registry

from ..results import Results
from .conflict import conflict_figure
from .curves import curves_figure
from .drawing import Figure, Panel
from .history import history_figure
from .importances import importances_figure
from .learning import learning_figure
from .parallel import parallel_figure
from .slice import slices_figure
from .smart import smart_figure
from .timeline import timeline_figure
from .tradeoff import pareto_figure, tradeoff_figure

__all__ = ["FIGURES", "Figure", "Panel", "study_figures"]

FIGURES: Registry[Callable[[Results], Figure]] = Registry(
    "figure",
    {
        "history": history_figure,
        "curves": curves_figure,
        "learning": learning_figure,
        "tradeoff": tradeoff_figure,
        "pareto": pareto_figure,
        "slices": slices_figure,
        "parallel": parallel_figure,
        "importances": importances_figure,
        "conflict": conflict_figure,
        "smart": smart_figure,
        "timeline": timeline_figure,
    },
)
"""Every figure by its key, in the order of a report; one without panels has nothing to draw."""


def study_figures(results: Results) -> list[Figure]:
    """All figures for which a study has what they draw; none before a trial is complete."""
    if results.complete.empty:
        return []
    figures = [draw(results) for draw in FIGURES.values()]
    return [figure for figure in figures if figure.panels]
