"""What a reader must know before a number: collapse, chance, one seed, unequal budgets. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any

from ..study.rowsread import read_apart, versions
from ..text import SHOWN_NAMES, one_line, plural, score, some_names, trial_names
from ..trial import RunState
from .afterthoughts import afterthoughts
from .collapse import collapses
from .configuration import Configuration
from .counts import scored
from .leaks import leaks
from .results import Results, records
from .statistics.comparison import Comparisons
from .statistics.stopped import stopped_early
from .tracks import joint_arms

SEEN_QUORA = re.compile(
    r"(?<![a-z0-9])("
    r"all-(minilm-l(6|12)|mpnet-base|distilroberta|roberta-large)-v[12]"
    r"|multi-qa-(minilm-l6|mpnet-base|distilbert)-(cos|dot)-v1"
    r"|paraphrase-(minilm-l(3|6|12)|tinybert-l6|albert-small|mpnet-base|distilroberta-base)-v[12]"
    r"|paraphrase-(multilingual-(minilm-l12|mpnet-base)-v2|xlm-r-multilingual-v1)"
    r"|quora-distilbert-(base|multilingual)|distilbert-(base|multilingual)-nli-stsb-quora-ranking"
    r")(?![a-z0-9])"
)
"""Names of models of sentence-transformers that had Quora's pairs in training, as their cards say."""


def cautions(
    results: Results,
    comparisons: Comparisons,
    changes: Sequence[str] = (),
    left_out: Iterable[Sequence[str]] = (),
) -> list[str]:
    """What has to be known before a figure is read, one line each.

    Args:
        results: The study.
        comparisons: Of its arms.
        changes: What was changed in the study once a trial was training.
        left_out: The rows and files that are not used, each with the reason; of files, as they become known
            by reading.
    """
    if results.complete.empty:
        return list(_not_used(list(chain(*left_out))))
    claims = comparisons.claims
    compared = {one.arm for each in comparisons.declared for one in (each.ours, each.theirs)}
    found = [
        *_tracks(results),
        *_mixed(results, claims),
        *_twins(claims),
        *collapses(results, claims),
        *_survivors(claims),
        *_set_aside(claims),
        *_single_seeds(claims),
        *_budgets(results),
        *_stopped(results),
        *afterthoughts(changes, compared),
        *_last_epochs(results),
        *leaks(results),
        *_seen(results),
    ]
    return [*_not_used(list(chain(*left_out))), *found]


NAMED = 20
"""Rows and files that are named at most, of those that are not used."""


def _not_used(left_out: Sequence[str]) -> Iterator[str]:
    yield from (f"{line}." for line in left_out[:NAMED])
    if len(left_out) > NAMED:
        yield f"Of trials and files of runs, {len(left_out) - NAMED} more are left out likewise."


def _tracks(results: Results) -> Iterator[str]:
    """Arms that encode pairs together beside others that do not, and what that costs in use."""
    joint = joint_arms(results)
    if not joint or len(joint) == len(results.arms):
        return
    seen, seconds = results.observations["arm"].isin(list(joint)), results.observations["pair_seconds"]
    apart, together = seconds[~seen].median(), seconds[seen].median()
    known = (
        f" Predicting 1,000 new dev pairs took {together:.2g} s together and {apart:.2g} s apart (medians)."
        if together > 0 and apart > 0
        else ""
    )
    yield (
        f"{some_names(joint)}: pairs are encoded together (cross-encoders), which gives no "
        "embedding of a sentence: a track of its own, not ranked with the other arms; figures draw both."
        f"{known}"
    )


FEW = 30
"""Dev rows of a task below which a test over rows is not to be trusted."""


def _mixed(results: Results, claims: Comparisons) -> Iterator[str]:
    """What was not made on the same rows, or on too few of them."""
    read = chain(*results.data.values(), *claims.results.data.values())
    if not results.studies and len(versions(read)) > 1:  # several studies are told apart by their report
        yield "The data changed while the study ran: its trials did not all read the same rows."
    gone = [one for one in claims.leaders if one not in claims.compared]
    if gone:
        names = some_names(one.arm for one in gone)
        yield f"Not tested, as predictions are gone or of other dev rows: {names}."
    counts: dict[str, int] = {}
    for one in claims.compared:  # several studies may have dev rows of their own
        own = claims.rows_of(one.arm)
        counts |= {name: min(count, counts.get(name, count)) for name, count in own.items()}
    few = [f"{one_line(name)} ({count})" for name, count in counts.items() if count < FEW]
    if few:
        yield f"Too few dev rows for a test over rows: {', '.join(few)}."


def _twins(claims: Comparisons) -> Iterator[str]:
    """Arms whose best configurations are one and the same: a comparison of them says nothing.

    Those that are known to have read other rows are no twins.
    """
    configs = dict(zip(claims.results.complete["number"], claims.results.complete["config"], strict=True))
    data, arms = claims.results.data, list[tuple[str, list[str]]]()
    for one in claims.leaders:
        key = json.dumps({**configs[one.numbers[0]], "seed": 0}, sort_keys=True, default=str)
        for known, same in arms:
            if known == key and not read_apart(data.get(same[0], ()), data.get(one.arm, ())):
                same.append(one.arm)
                break
        else:
            arms.append((key, [one.arm]))
    for _, same in arms:
        if len(same) > 1:
            names = some_names(same)
            yield f"{names}: one configuration under {len(same)} names: there is nothing to compare."
    first = {own[0] for _, own in arms}
    for alike in _predicting_the_same(claims, [one for one in claims.leaders if one.arm in first]):
        yield (
            f"{some_names(alike)}: other settings, but the same predictions at every seed: a comparison with "
            "one of them is that with any."
        )


def _predicting_the_same(claims: Comparisons, among: Sequence[Configuration]) -> Iterator[list[str]]:
    """Arms whose best configurations have the same predictions, seed by seed."""
    seeds = dict(zip(claims.results.complete["number"], claims.results.complete["seed"], strict=True))
    arms: dict[tuple[Any, ...], list[str]] = {}
    for one in among:
        runs = {seeds[number]: claims.results.predictions(number) for number in one.numbers}
        if all(runs.values()):
            key = [
                (seed, name, sha256(each.predicted.tobytes()).digest())
                for seed, run in sorted(runs.items())
                for name, each in sorted((run or {}).items())
            ]
            arms.setdefault(tuple(key), []).append(one.arm)
    yield from (own for own in arms.values() if len(own) > 1)


def _survivors(claims: Comparisons) -> Iterator[str]:
    """Best configurations of which some seeds ended without a score."""
    trials = claims.results.trials
    lost = records(trials[trials["state"].isin([RunState.FAILED.value, RunState.PRUNED.value])])
    for one in claims.leaders:
        own = [
            trial for trial in lost if trial["arm"] == one.arm and claims.results.params(trial) == one.params
        ]
        if own:
            yield (
                f"{one_line(one.arm)}: {plural(len(own), 'run')} of its best configuration failed or was "
                "pruned; its mean is of those that are left."
            )


def _set_aside(claims: Comparisons) -> Iterator[str]:
    """Configurations with fewer seeds, and so not ranked, that score more than the best of their arm."""
    said = []
    for best in claims.leaders:
        fewer = [one for one in claims.results.of_arm(best.arm) if len(one.numbers) < len(best.numbers)]
        above = [one for one in fewer if one.mean > best.mean]
        if above:
            most = max(above, key=lambda one: one.mean)
            said.append(
                f"{best.arm} ({score(most.mean)} with {plural(len(most.numbers), 'seed')}, "
                f"{trial_names(most.numbers)}; {score(best.mean)} with {len(best.numbers)})"
            )
    if said:
        yield (
            "Only configurations with the most seeds of their arm are ranked; one with fewer scores more in "
            f"{some_names(said)}."
        )


def _single_seeds(claims: Comparisons) -> Iterator[str]:
    single = [one.arm for one in claims.leaders if len(one.numbers) == 1]
    if not single or len(claims.results.arms) < 2:
        return
    who = "every arm" if len(single) == len(claims.leaders) else some_names(single)
    yield (
        f"One training seed of {who}: differences between scores are those of single networks, and nothing "
        "is known about the arms."
    )


def _budgets(results: Results) -> Iterator[str]:
    found = scored(results)
    counts = {arm: found[arm] for arm in results.arms}
    low, high = min(counts.values()), max(counts.values())
    if high > low + 1:
        least, most = (next(arm for arm in counts if counts[arm] == n) for n in (low, high))
        yield (
            f"Unequal budgets: {one_line(most)} has {plural(high, 'configuration')}, {one_line(least)} "
            f"{low}; the best of more is higher by chance alone. Compare at equal budgets."
        )


def _stopped(results: Results) -> Iterator[str]:
    """What stopping trials early may have cost: whether one could have become the best of its arm."""
    found = stopped_early(results)
    if not found:
        return
    epochs = Counter(one.epoch for one in found)
    where = ", ".join(f"{count} after epoch {epoch}" for epoch, count in sorted(epochs.items())[:SHOWN_NAMES])
    more = f" and {len(epochs) - SHOWN_NAMES} later epochs" if len(epochs) > SHOWN_NAMES else ""
    could = [one for one in found if one.could]
    nearest = min(found, key=lambda one: one.needed - one.largest)
    who = f"{len(could)} of them" if could else "none of them"
    lacked = f"which lacked {score(nearest.needed)}, where {score(nearest.largest)} was gained"
    ahead = f"which was {score(-nearest.needed)} ahead of the best complete one"
    yield (
        f"{plural(len(found), 'trial')} stopped early ({where}{more}): with the largest gain that a complete "
        f"trial of the arm made from there, {who} would have become the best (nearest: "
        f"trial {nearest.number}, {ahead if nearest.needed < 0 else lacked}). "
        "What starts slowly is stopped, so that such gains are not seen."
    )


def _last_epochs(results: Results) -> Iterator[str]:
    known = results.observations
    known = known[known["best_epoch"].notna() & (known["epochs"] > 1)]
    last = int((known["best_epoch"] == known["epochs"]).sum())
    if len(known) and last > len(known) / 2:
        whose = " of the search" * (results.confirmation is not None)
        yield (
            f"In {last} of {len(known)} trials{whose} the last epoch was the best: train for more epochs "
            "before arms are compared."
        )


def _seen(results: Results) -> Iterator[str]:
    """Whether the encoder of an arm was trained on the pairs of a task before."""
    arms: dict[str, dict[str, None]] = {}
    looked: set[tuple[str, str]] = set()
    for arm, config in zip(results.complete["arm"], results.complete["config"], strict=True):
        encoder = config.get("encoder", {})
        known = f"{encoder.get('source')} {encoder.get('name')}".lower()
        saw = encoder.get("source") == "minilm" or SEEN_QUORA.search(known)
        if (arm, known) not in looked and saw:
            for name, task in config.get("tasks", {}).items():
                if "quora" in json.dumps(task).lower():
                    arms.setdefault(name, {})[arm] = None
        looked.add((arm, known))
    for name, own in arms.items():
        whose = "" if len(own) == results.complete["arm"].nunique() else f" of {some_names(own)}"
        yield (
            f"{one_line(name)}: the encoder{whose} saw Quora's pairs in its own training, so that this score "
            "is not comparable with that of other encoders."
        )
