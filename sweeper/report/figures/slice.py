"""`overall` against one setting at a time."""

from ...study.space import Choice
from ...text import setting
from ..configuration import PARAM
from ..results import Results
from .drawing import Figure, Panel, drawing_of, escape, legend, mark_powers, remark_arms, sample
from .points import arm_points


def slices_figure(results: Results) -> Figure:
    """`overall` against each setting of the search space."""
    trials, left_out = sample(results, results.complete)
    panels = []
    for name, space in results.space.items():
        column = PARAM + name
        if column not in trials:
            continue
        own = results.applying(trials, name)
        points = arm_points(results, own, column, "overall", as_text=isinstance(space, Choice))
        drawing = drawing_of(points, name, "overall")
        if isinstance(space, Choice):
            values = [escape(setting(value)) for value in space.values]
            drawing.update_xaxes(type="category", categoryorder="array", categoryarray=values)
        elif space.log:
            known = own[column][own[column] > 0]
            mark_powers(drawing, min(space.low, *known), max(space.high, *known))
        panels.append(Panel(f"slice-{name.replace('.', '-')}", f"overall by {name}", drawing))
    return Figure(
        "slices",
        "Overall by setting",
        "Each point is a complete trial. Settings vary together: a pattern here need not be a cause."
        + remark_arms(results)
        + left_out,
        tuple(panels),
        legend(results),
    )
