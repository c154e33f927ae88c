"""The weight of SMART's regulariser."""

from ..results import Results
from .bands import READING, draw_bands, training_rows
from .drawing import Figure, Panel, legend, remark_arms


def smart_figure(results: Results) -> Figure:
    """Weight of SMART's regulariser by epoch, for each task on which it acts."""
    found = training_rows(results, "smart_weight")
    panels = []
    for task in results.tasks:
        own = found[found["task"] == task]
        drawing = draw_bands(results, own, "weight")
        if drawing is not None:
            drawing.update_yaxes(rangemode="tozero")
            panels.append(Panel(f"smart-{task}", f"{task}: weight of SMART's regulariser", drawing))
    return Figure(
        "smart",
        "SMART weight by epoch",
        f"The weight that SMART's regulariser had from the end of each epoch on. {READING}"
        + remark_arms(results, "left out"),
        tuple(panels),
        legend(results, set(found["arm"])),
    )
