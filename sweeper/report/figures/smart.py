"""The weight of SMART's regulariser."""

from ..results import Results
from .bands import READING, arm_bands, training_rows
from .drawing import Figure, Panel, drawing_of, legend


def smart_figure(results: Results) -> Figure:
    """Weight of SMART's regulariser by epoch, for each task on which it acts."""
    found = training_rows(results, "smart_weight")
    panels = []
    for task in results.tasks:
        own = found[found["task"] == task]
        lines = arm_bands(results, own)
        if lines:
            drawing = drawing_of(lines, "epoch", "weight")
            drawing.update_xaxes(tick0=0, dtick=-(-int(own["epoch"].max()) // 10))
            drawing.update_yaxes(rangemode="tozero")
            panels.append(Panel(f"smart-{task}", f"{task}: weight of SMART's regulariser", drawing))
    return Figure(
        "smart",
        "SMART weight by epoch",
        f"The weight that SMART's regulariser had from the end of each epoch on. {READING}",
        tuple(panels),
        legend(results, set(found["arm"])),
    )
