"""What a study found so far, in sentences. Pure."""

from collections.abc import Sequence

from ..text import one_line, plural, score
from .results import Configuration, Counts, Results, leaders
from .statistics.comparison import Comparisons
from .statistics.paired import Verdict
from .tables.cells import p_text


def headline(results: Results, comparisons: Comparisons) -> str:
    """The best arm and its score, and by how much it leads or with which other it ties."""
    ranked = comparisons.leaders
    if not ranked:
        return "No trial is complete yet."
    best = ranked[0]
    if len(results.arms) == 1:
        return f"Best of {plural(len(results.complete), 'trial')}: overall {_score(best)}."
    if len(ranked) == 1:
        return f"Only {one_line(best.arm)} has complete trials: overall {_score(best)}."
    second = ranked[1]
    first, other = one_line(best.arm), one_line(second.arm)
    if score(best.mean) == score(second.mean):
        return f"{first} and {other} are level: overall {_score(best)} and {_score(second)}."
    gap = score(best.mean - second.mean)
    if second.arm in comparisons.ties["overall"]:
        return (
            f"{first} has the highest overall, {_score(best)}, and ties with {other}, {_score(second)}: "
            f"{gap} is within the noise of the dev rows."
        )
    return f"{first} leads with overall {_score(best)}, {gap} above {other} with {_score(second)}."


def evidence(comparisons: Comparisons) -> list[str]:
    """Which arms the tests tell apart from the best one; nothing where there is nothing to compare."""
    if not comparisons.against_best:
        return []
    best = one_line(comparisons.compared[0].arm)
    said = []
    for verdict, words in ((Verdict.TIE, "a tie with"), (Verdict.WORSE, "worse than")):
        found = [each for each in comparisons.against_best if each.verdict is verdict]
        names = ", ".join(f"{one_line(each.ours.arm)} (p {p_text(each.adjusted)})" for each in found)
        if found:
            said.append(f"{names} {'is' if len(found) == 1 else 'are'} {words} {best}")
    return [f"On the same dev rows: {'; '.join(said)}. Paired bootstrap on overall, Holm-adjusted."]


def _score(one: Configuration) -> str:
    if len(one.numbers) == 1:
        return f"{score(one.mean)} (trial {one.numbers[0]})"
    return f"{score(one.mean)} ± {score(one.error)} (mean ± standard error of {len(one.numbers)} seeds)"


def progress(count: Counts) -> str:
    """How far the study has come: ``12 of 40 trials finished; 1 failed``."""
    parts = [f"{count.finished} of {plural(count.wanted, 'trial')} finished"]
    parts += [
        f"{number} {state}"
        for state, number in (
            ("pruned", count.pruned),
            ("failed", count.failed),
            ("running", count.running),
            ("queued", count.queued),
        )
        if number
    ]
    return "; ".join(parts) + "."


def missing(results: Results, count: Counts, left_out: Sequence[str]) -> list[str]:
    """What a reader would look for in vain, one sentence each.

    Args:
        results: The study.
        count: Its counts.
        left_out: The tables that it asks for and has not.
    """
    sentences = []
    if count.missing:
        sentences.append(f"{plural(count.missing, 'trial')} still to come: every number here may change.")
    ranked = {one.arm for one in leaders(results)}
    without = [one_line(arm) for arm in results.arms if arm not in ranked]
    if without and ranked:
        sentences.append(f"No complete trial yet in {', '.join(without)}.")
    if left_out:
        sentences.append(f"Not shown, as the tasks are not the paper's: {', '.join(left_out)}.")
    return sentences
