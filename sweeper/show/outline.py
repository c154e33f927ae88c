"""A study in a few lines, before any of it has run: its arms, what is compared, what varies, its seeds."""

from ..study.space import words
from ..study.spec import StudySpec
from ..study.study import Study
from ..text import one_line, plural


def outline(study: Study) -> list[str]:
    """What a study will do, one line for each part that it has."""
    spec = study.spec
    lines = [f"Arms: {', '.join(map(one_line, spec.arms))}"]
    if spec.pairs:
        lines.append(f"Compared: {_compared(spec)}")
    varied = "; ".join(f"{name} {words(entry)}" for name, entry in study.space.items())
    lines.append(f"Space: {one_line(varied) or 'nothing varies within an arm'}")
    lines.append(f"Seeds: {', '.join(map(str, spec.seeds))}")
    lines.append(f"Search: {_searched(spec)}")
    return lines


def _searched(spec: StudySpec) -> str:
    first = f", {plural(len(spec.enqueue), 'configuration')} of your own first" if spec.enqueue else ""
    if spec.warm_start:
        first += (
            f", then the best {spec.warm_start.top} of {', '.join(map(one_line, spec.warm_start.studies))}"
        )
    pruner = f", pruner {spec.pruner.name}" if spec.pruner.method.decides else ""
    return f"{spec.sampler.name} raises {', '.join(spec.objectives)}{first}{pruner}"


def _compared(spec: StudySpec) -> str:
    if not spec.compare and len(spec.pairs) > 1:
        return f"each other arm with {one_line(spec.pairs[0][1])}"
    return ", ".join(f"{one_line(arm)} with {one_line(other)}" for arm, other in spec.pairs)
