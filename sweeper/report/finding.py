"""One comparison in words. Pure."""

from collections.abc import Collection
from functools import partial

from ..text import difference, one_line, p_text, plural, score, telling
from .statistics.compared import Comparison
from .statistics.paired import Gap, Verdict
from .statistics.power import MOST_SEEDS


def finding(
    each: Comparison, rows: dict[str, int], width: float = 1.0, undefined: Collection[str] = ()
) -> str:
    """One comparison: difference, interval, p-values, numbers, and what it means.

    Args:
        each: The comparison.
        rows: Dev rows of each task.
        width: The largest difference in `overall` that is possible.
        undefined: Tasks whose dev labels allow no score.
    """
    if "overall" not in each.gaps:
        return _task_finding(each, undefined)
    gap, what = (
        each.gaps["overall"],
        "" if each.of_arms else " (best configurations, which differ in settings)",
    )
    ours, theirs = one_line(each.ours.arm), one_line(each.theirs.arm)
    relation = f"{ours} scores {_amount(gap.value, told=each.told())} {theirs}{what}"
    if each.verdict is None:
        runs = "one training run each" if each.seeds == (1, 1) else "one training run of one of them"
        return (
            f"{relation} on these dev rows (95 % over rows {_ends(each)}); {runs}, so nothing is known about "
            f"the {_noun(each)}{_tracks(each)}."
        )
    known = (
        f"95 % on other seeds and rows {_ends(each)}; p rows {p_text(gap.p_rows)}, p seeds "
        f"{p_text(gap.p_seeds or 0.0)}, adjusted {p_text(each.adjusted['overall'] or 0.0)}; "
        f"{_seeds(each)}, {sum(rows.values()):,} dev rows{_tracks(each)}"
    )
    return f"{verdict_words(each)}: {relation} ({known}). {_power(each, width)}"


def _task_finding(each: Comparison, undefined: Collection[str]) -> str:
    """Two sides of which one does not train all tasks, task by task."""
    said = [_one_task(name, each) for name in each.gaps if name not in undefined]
    note = "" if each.of_arms else " (best configurations, which differ in settings)"
    return (
        f"{one_line(each.ours.arm)} against {one_line(each.theirs.arm)}{note}, on what both train: "
        f"{'; '.join(said) or 'no score is defined on these dev rows'}."
    )


def _one_task(name: str, each: Comparison) -> str:
    gap, adjusted = each.gaps[name], each.adjusted[name]
    told = each.told(name)
    ends = interval_text(gap, told=told)
    amount = f"{name} {difference(gap.value, telling if told else score)}"
    if adjusted is None:
        return (
            f"{amount} (95 % over rows {ends}; one training run, so nothing is known about the {_noun(each)})"
        )
    return (
        f"{amount} (95 % on other seeds and rows {ends}; p rows {p_text(gap.p_rows)}, p seeds "
        f"{p_text(gap.p_seeds or 0.0)}, adjusted {p_text(adjusted)}; {_seeds(each)}): "
        f"{'told apart' if told else 'not told apart'}"
    )


def matched_finding(each: Comparison) -> str:
    """Two arms on the configurations that both have."""
    gap, ours, theirs = each.gaps["overall"], one_line(each.ours.arm), one_line(each.theirs.arm)
    known = (
        f"On {plural(each.configurations, 'matched configuration')} {ours} scores "
        f"{_amount(gap.value, told=each.told())} {theirs} on average; P({ours} > {theirs}) "
        f"{score(gap.superiority.value)} (95 % {score(gap.superiority.low)} to {score(gap.superiority.high)})"
    )
    if each.verdict is None:
        return f"{known}; all share one training seed, so nothing is known beyond it."
    return f"{known}: {each.verdict} (adjusted p {p_text(each.adjusted['overall'] or 0.0)})."


def verdict_words(each: Comparison) -> str:
    """Who is better than whom: ``S-BERT is better than minBERT``, or that nobody knows."""
    ours, theirs = one_line(each.ours.arm), one_line(each.theirs.arm)
    noun = "" if each.of_arms else "The configuration of "
    if each.verdict is Verdict.UNDECIDED:
        return f"{noun}{ours} and {noun.lower()}{theirs} are not told apart"
    return f"{noun}{ours} is {each.verdict} than {noun.lower()}{theirs}"


def _power(each: Comparison, width: float) -> str:
    found = each.detectable
    if found is None:
        return ""
    if found.difference > width:
        return "With so few seeds it could have told apart no difference that is possible."
    if found.seeds_for_half is None:
        more = f"half that difference not with {MOST_SEEDS:,} seeds, as the dev rows are too few"
    else:
        more = f"half that difference would need {plural(found.seeds_for_half, 'seed')}"
    return f"This study could have told apart {telling(found.difference)} (80 % power); {more}."


def _amount(value: float, *, told: bool) -> str:
    """How much more or less; what is told apart is not "about as much", however little it is."""
    if not told and score(abs(value)) == score(0.0):
        return "about as much as"
    return f"{telling(abs(value))} {'more' if value > 0 else 'less'} than"


def _ends(each: Comparison) -> str:
    return interval_text(each.gaps["overall"], told=each.told())


def interval_text(gap: Gap, *, told: bool) -> str:
    """The 95 % interval of a difference: ``-.004 to +.012``.

    Args:
        gap: The difference.
        told: Whether it is told apart from 0: then the ends have as many decimals as it takes to show that.
    """
    write = partial(telling, of=gap.value) if told else score
    return f"{difference(gap.interval.low, write)} to {difference(gap.interval.high, write)}"


def _tracks(each: Comparison) -> str:
    return "; one encodes pairs together, the other one apart" if each.across else ""


def _noun(each: Comparison) -> str:
    return "arms" if each.of_arms else "configurations"


def _seeds(each: Comparison) -> str:
    one, other = each.seeds
    return f"{plural(one, 'seed')} each" if one == other else f"{one} and {other} seeds"
