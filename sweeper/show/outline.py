"""A study in a few lines, before any of it has run: its arms, what is compared, what varies, its seeds."""

from ..study.space import Choice, Space
from ..study.spec import StudySpec
from ..study.study import Study
from ..text import one_line, setting


def outline(study: Study) -> list[str]:
    """What a study will do, one line for each part that it has."""
    spec = study.spec
    lines = [f"Arms: {', '.join(map(one_line, spec.arms))}"]
    if spec.pairs:
        lines.append(f"Compared: {_compared(spec)}")
    varied = "; ".join(f"{name} {values(entry)}" for name, entry in study.space.items())
    lines.append(f"Space: {one_line(varied) or 'nothing varies within an arm'}")
    lines.append(f"Seeds: {', '.join(map(str, spec.seeds))}")
    return lines


def values(entry: Space) -> str:
    """What a setting may be: ``one of 0.1, 0.3``, ``1e-5 to 1e-3, log scale``."""
    if isinstance(entry, Choice):
        return f"one of {', '.join(map(setting, entry.values))}"
    step = f", steps of {setting(entry.step)}" if entry.step else ""
    return f"{setting(entry.low)} to {setting(entry.high)}{', log scale' if entry.log else step}"


def _compared(spec: StudySpec) -> str:
    if not spec.compare and len(spec.pairs) > 1:
        return f"each other arm with {one_line(spec.pairs[0][1])}"
    return ", ".join(f"{one_line(arm)} with {one_line(other)}" for arm, other in spec.pairs)
