"""How often the tasks' gradients point against each other, measured."""

from itertools import combinations

from ..results import Results
from .bands import READING, draw_bands, training_rows
from .drawing import Figure, Panel, legend, remark_arms


def conflict_figure(results: Results) -> Figure:
    """Share of steps with conflicting gradients, and their mean cosine, by epoch for each two tasks.

    Only trials whose method looks at the gradients have them. This measures what the paper's Figure 1 draws
    (Yu et al., 2020: two gradients conflict if their cosine is negative).
    """
    found = training_rows(results, "conflict", "cosine")
    panels = []
    for metric, title in (("conflict", "share of steps in conflict"), ("cosine", "mean cosine")):
        for one, other in combinations(results.tasks, 2):
            own = found[(found["metric"] == metric) & (found["task"] == f"{one}+{other}")]
            drawing = draw_bands(results, own, title)
            if drawing is None:
                continue
            if metric == "conflict":
                drawing.update_yaxes(rangemode="tozero")
            else:
                drawing.update_yaxes(zeroline=True, zerolinecolor="#888888")
            panels.append(Panel(f"{metric}-{one}-{other}", f"{one} and {other}: {title}", drawing))
    return Figure(
        "conflict",
        "Conflict between gradients",
        "Two tasks are in conflict at a step if the cosine between their gradients is negative (the paper's "
        f"Figure 1, measured before any surgery). {READING}" + remark_arms(results, "left out"),
        tuple(panels),
        legend(results, set(found["arm"])),
    )
