"""The figures of a report, drawn with plotly from the frames of ``analysis``. Pure, but for ``image``."""

from ..results import Results
from .conflict import conflict_figure
from .curves import curves_figure
from .drawing import COLOURS, Figure, Panel
from .history import history_figure
from .importances import importances_figure
from .learning import learning_figure
from .parallel import parallel_figure
from .slice import slices_figure
from .smart import smart_figure
from .timeline import timeline_figure
from .tradeoff import pareto_figure, tradeoff_figure

__all__ = ["COLOURS", "Figure", "Panel", "study_figures"]

_FIGURES = (
    history_figure,
    curves_figure,
    learning_figure,
    tradeoff_figure,
    pareto_figure,
    slices_figure,
    parallel_figure,
    importances_figure,
    conflict_figure,
    smart_figure,
    timeline_figure,
)


def study_figures(results: Results) -> list[Figure]:
    """All figures for which a study has what they draw; none before a trial is complete."""
    if results.complete.empty:
        return []
    figures = [draw(results) for draw in _FIGURES]
    return [figure for figure in figures if figure.panels]
