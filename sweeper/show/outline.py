"""A study in a few lines, before any of it has run: its arms, what is compared, what varies, its seeds."""

from ..study.conditional import condition_of, when_words
from ..study.space import words
from ..study.spec import StudySpec
from ..study.study import Study
from ..text import aims, one_line, plural


def outline(study: Study) -> list[str]:
    """What a study will do, one line for each part that it has."""
    spec = study.spec
    lines = [f"Arms: {', '.join(map(one_line, spec.arms))}"]
    if spec.pairs:
        lines.append(f"Compared: {_compared(spec)}")
    common, own = study.spec.space, {arm: study.spec.own(arm) for arm in spec.arms if study.spec.own(arm)}
    varied = "; ".join(entry_words(study, None, name) for name in common)
    if varied or not own:
        lines.append(f"Space: {one_line(varied) or 'nothing varies within an arm'}")
    for arm, entries in own.items():
        alone = "; ".join(entry_words(study, arm, name) for name in entries)
        lines.append(one_line(f"Space of {arm} alone: {alone}"))
    if spec.constraints:
        lines.append(one_line(f"Constraints: {'; '.join(spec.constraints)}"))
    lines.append(f"Seeds: {', '.join(map(str, spec.seeds))}")
    lines.append(f"Search: {_searched(spec)}")
    return lines


def entry_words(study: Study, arm: str | None, key: str) -> str:
    """An entry of the space with its condition: ``dropout one of 0.1, 0.3 when optimizer = adamw``.

    Args:
        study: The study.
        arm: The arm whose own entry it is; None for one of all.
        key: The setting.
    """
    entries = {(whose, name): entry for _, whose, name, entry in study.searched.entries()}
    written = (study.spec.space if arm is None else study.spec.own(arm))[key]
    return " ".join(filter(None, (key, words(entries[arm, key]), when_words(condition_of(written)))))


def _searched(spec: StudySpec) -> str:
    first = f", {plural(len(spec.enqueue), 'configuration')} of your own first" if spec.enqueue else ""
    if spec.warm_start:
        first += (
            f", then the best {spec.warm_start.top} of {', '.join(map(one_line, spec.warm_start.studies))}"
        )
    pruner = f", pruner {spec.pruner.name}" if spec.pruner.method.decides else ""
    return f"{spec.sampler.name} {aims(spec.objectives)}{first}{pruner}"


def _compared(spec: StudySpec) -> str:
    if not spec.compare and len(spec.pairs) > 1:
        return f"each other arm with {one_line(spec.pairs[0][1])}"
    return ", ".join(f"{one_line(arm)} with {one_line(other)}" for arm, other in spec.pairs)
