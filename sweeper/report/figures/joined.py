"""The drawings of a figure in one, under each other, for whoever shows it by itself."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .drawing import Figure

HEIGHT = 330  # pixels of a panel, with its title


def joined(figure: Figure) -> go.Figure:
    """A figure as one drawing of plotly, with its title and the titles of its panels.

    Args:
        figure: It has panels.
    """
    if len(figure.panels) == 1:
        drawing = go.Figure(figure.panels[0].drawing)
        return drawing.update_layout(title={"text": figure.panels[0].title})
    count = len(figure.panels)
    whole = make_subplots(count, 1, subplot_titles=[panel.title for panel in figure.panels])
    for row, panel in enumerate(figure.panels, start=1):
        drawing = panel.drawing
        for trace in drawing.data:
            whole.add_trace(trace, row, 1)
        whole.update_xaxes(drawing.layout.xaxis.to_plotly_json(), row=row, col=1)
        whole.update_yaxes(drawing.layout.yaxis.to_plotly_json(), row=row, col=1)
        for shape in drawing.layout.shapes:
            whole.add_shape(shape, row=row, col=1)
        for note in drawing.layout.annotations:
            whole.add_annotation(note, row=row, col=1)
    shared = figure.panels[0].drawing.layout
    return whole.update_layout(
        title={"text": figure.title},
        height=HEIGHT * count,
        template=shared.template,
        font=shared.font,
        hovermode=shared.hovermode,
        showlegend=False,
    )
