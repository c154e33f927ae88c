"""What a study found so far, in sentences. Pure."""

from collections.abc import Sequence

from ..text import decimals_apart, digits, one_line, p_text, plural, score
from .configuration import Configuration
from .confirmation import searched_arm
from .counts import Counts, count_trials, scored
from .finding import finding, matched_finding, verdict_words
from .results import Results, leaders
from .statistics.comparison import Comparisons
from .statistics.paired import Verdict
from .tables.published import folded, tells
from .tracks import APART, TOGETHER, by_track, joint_arms, track_words

TOLD = 8
"""Comparisons in words at most; the table has them all."""


def headline(comparisons: Comparisons) -> str:
    """The arm with the highest mean, and how exactly that is known; confirmed scores replace the search's.

    Where some arms encode pairs together, it is that of either track.
    """
    claims = comparisons.claims
    tracks = by_track(claims.results, claims.leaders)
    if len(tracks) < 2:
        said = _headline(claims, claims.leaders)
        if tracks and (joint := joint_arms(claims.results)):
            said += f" Pairs are encoded {TOGETHER if claims.leaders[0].arm in joint else APART}."
    else:
        said = " ".join(
            f"Of the arms {track}: {_headline(claims, ranked)}" for track, ranked in tracks.items()
        )
    if claims is comparisons:
        return said
    if len(claims.results.arms) == 1 and claims.leaders:  # the best of one is no best
        best = claims.leaders[0]
        among = plural(scored(comparisons.results).total(), "configuration")
        whose = f"{one_line(best.arm)}, " if len(comparisons.results.arms) > 1 else ""
        said = f"{whose}{best.judged_by} {_score(best, claims)}, chosen among {among}."
    return f"Confirmed at fresh seeds: {said}"


def _headline(comparisons: Comparisons, ranked: Sequence[Configuration]) -> str:
    if not ranked:
        return f"No trial is complete{_yet(comparisons.results)}."
    results, best = comparisons.results, ranked[0]
    if len(results.arms) == 1:
        count = plural(scored(results).total(), "configuration")
        return f"Best of {count}: {best.judged_by} {_score(best, comparisons)}."
    if len(ranked) == 1 or not ranked[1].whole:
        return _alone(best, comparisons, len(ranked))
    second = ranked[1]
    first, other = one_line(best.arm), one_line(second.arm)
    alike = score(best.mean) == score(second.mean)
    if alike and not _told(comparisons, best, second):
        return (
            f"{first} and {other} are level: overall {_score(best, comparisons)} and "
            f"{_score(second, comparisons)}."
        )
    with digits(decimals_apart(best.mean, second.mean)):
        return (
            f"{first} has the highest overall, {_score(best, comparisons)}, before {other}, "
            f"{_score(second, comparisons)}."
        )


def _told(comparisons: Comparisons, one: Configuration, other: Configuration) -> bool:
    """Whether two leaders are told apart."""
    found = comparisons.between(one.arm, other.arm)
    return found is not None and found[0].told()


def _alone(best: Configuration, comparisons: Comparisons, ranked: int) -> str:
    """The headline where at most one arm has an `overall`, of `ranked` arms with complete trials."""
    told = f"{best.judged_by} {_score(best, comparisons)}."
    if ranked == 1 and len(comparisons.leaders) == 1:
        return f"Only {one_line(best.arm)} has complete trials: {told}"
    if ranked == 1:
        return f"{one_line(best.arm)} alone, {told}"
    if best.whole:
        return f"{one_line(best.arm)} alone has an overall: {_score(best, comparisons)}."
    return "No arm trains all tasks, so that none has an overall: see the scores of the tasks."


def findings(comparisons: Comparisons) -> list[str]:
    """What may be said of the declared pairs, one sentence each, then of arms on matched configurations."""
    claims = comparisons.claims
    if claims is comparisons:
        return _findings(claims)
    lost = _not_confirmed(comparisons.results, claims.results)
    named = ", ".join(f"{one_line(a)} against {one_line(b)}" for a, b in lost)
    which = "Of one name" if comparisons.results.studies else "Declared"
    said = [f"{which}, but not confirmed: {named}."] if lost else []
    return [*_findings(claims), *said, *_unfinished(claims.results)]


def _unfinished(confirmed: Results) -> list[str]:
    """What a confirmation still lacks."""
    count, scored = count_trials(confirmed.trials, confirmed.wanted), {*confirmed.complete["arm"]}
    without = [arm for arm in confirmed.arms if arm not in scored]
    verb = "is" if count.missing == 1 else "are"
    said = [f"Of {plural(count.wanted, 'run')} at fresh seeds {count.missing} {verb} still to come."]
    lost = [f"No run at fresh seeds ended with a score: {', '.join(map(one_line, without))}."]
    return [*said * (count.missing > 0), *lost * bool(without)]


def _yet(results: Results) -> str:
    return " yet" if count_trials(results.trials, results.wanted).missing else ""


def _not_confirmed(search: Results, confirmed: Results) -> list[tuple[str, str]]:
    """The pairs that the search declared and its confirmation does not compare."""
    known = {one_line(arm) for arm in search.arms}
    # Of an arm with two confirmed configurations the confirmation's arms keep names of their own.
    names = {arm: arm if known.issuperset(confirmed.arms) else searched_arm(arm) for arm in confirmed.arms}
    found = {(names[a], names[b]) for a, b in confirmed.pairs}
    return [(a, b) for a, b in search.pairs if (one_line(a), one_line(b)) not in found]


def _findings(comparisons: Comparisons) -> list[str]:
    width = comparisons.results.overall.width(comparisons.results.tasks)
    verdicts = sorted(comparisons.declared, key=lambda each: each.verdict in (None, Verdict.UNDECIDED))
    undefined = comparisons.results.undefined
    declared = [
        finding(each, comparisons.rows_of(each.ours.arm), width, undefined(each.ours.arm))
        for each in verdicts
    ]
    left = len(declared) - TOLD
    more = [f"{plural(left, 'more comparison')}: see the table of comparisons."] if left > 0 else []
    matched = [matched_finding(each) for each in comparisons.matched[:TOLD]]
    words = track_words(comparisons.results)
    several = len(by_track(comparisons.results, comparisons.leaders)) > 1
    others = [
        f"{verdict_words(each)}, which has the highest overall"
        f"{f' of the arms {words[each.theirs.arm]}' * several}; not declared, so adjusted for all pairs (p "
        f"{p_text(each.adjusted['overall'] or 0.0)})."
        for each in comparisons.undeclared
        if each.verdict is Verdict.WORSE
    ]
    return [*declared[:TOLD], *more, *others[:TOLD], *matched]


def _score(one: Configuration, comparisons: Comparisons) -> str:
    interval = (comparisons.intervals(one) or {}).get(one.judged_by)
    known = f"95 % {score(interval.low)} to {score(interval.high)}, " if interval else ""
    if len(one.numbers) == 1:
        return (
            f"{score(one.mean)} ({known and known.replace('95 %', '95 % over rows')}trial {one.numbers[0]})"
        )
    return f"{score(one.mean)} ({known}mean of {len(one.numbers)} seeds)"


def progress(count: Counts) -> str:
    """How far the study has come: ``12 of 40 trials finished; 1 failed``."""
    parts = [f"{count.finished} of {plural(count.wanted, 'trial')} finished"]
    parts += [
        f"{number} {state}"
        for state, number in (
            ("pruned", count.pruned),
            ("failed", count.failed),
            # Whether a driver is at work on it, no record tells for sure.
            ("begun", count.running),
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
        sentences.append(f"No complete trial{_yet(results)} in {', '.join(without)}.")
    if left_out and not tells(results):
        sentences.append(f"Not shown, as the tasks are not the paper's: {', '.join(left_out)}.")
    elif left_out:
        sentences.append(f"Of the paper's tables: {'; '.join(folded(key, results) for key in left_out)}.")
    return sentences
