"""The study that trains a search's leaders again at fresh seeds, and how its trials are found again."""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from model.config.trainers import config_class

from ..errors import InputError
from ..paths import check_name
from ..study.named import CONFIRM, is_confirmation
from ..study.spec import StudySpec
from ..study.study import Study
from ..text import one_line
from .configuration import Configuration
from .results import Results, rank_configurations

SEEDS = 2**32
"""Seeds that a trainer knows."""


def confirmation(
    study: Study, leaders: Sequence[Configuration], seeds: int, before: Study | None = None
) -> Study:
    """A study with one arm for each leader and seeds that the search has not seen.

    The best of many trials on dev is optimistic; the same configuration at fresh seeds is not. Where every
    task names test rows, they are scored too.

    Args:
        study: The study that searched.
        leaders: The configurations to train again.
        seeds: How many fresh seeds each of them gets, those that it has had included.
        before: The confirmation so far, whose arms and seeds stay.

    Raises:
        InputError: If there is nothing to confirm, or the search is a confirmation itself.
    """
    if is_confirmation(study.name):
        raise InputError(f"study {study.name!r} is a confirmation already; confirm the search it came from")
    if not leaders:
        raise InputError(f"study {study.name!r} has no complete trial yet: there is nothing to confirm")
    arms = dict(before.spec.arms) if before else {}
    for one in leaders:
        settings, arm = {**study.spec.settings(one.arm), **one.recorded}, one_line(one.arm)
        # A trial is what it was: its arm stays as it was written, in whichever spelling of its numbers, and
        # under the name that it got when an earlier seed was not complete yet.
        if not any(searched_arm(label) == arm and _same(arms[label], settings) for label in arms):
            arms.setdefault(f"{arm} (trial {one.numbers[0]})", settings)
    used = list(before.spec.seeds) if before else []
    taken = {*study.spec.seeds, *used}
    first = max(taken) + 1
    unused = (seed for seed in chain(range(first, SEEDS), range(first)) if seed not in taken)
    # A seed that the search was given since is no fresh one any more.
    had = {*used} - {*study.spec.seeds}
    fresh = islice(unused, max(0, seeds - len(had)))
    spec = StudySpec(
        name=check_name(f"{study.spec.name}{CONFIRM}", "study"),
        description=f"The leaders of {study.name} at fresh seeds",
        workload=study.workload.name,
        plugins=study.spec.plugins,
        trainer=study.spec.trainer,
        code=study.spec.code,
        objective=study.spec.objective,
        base=study.spec.base | _test(study),
        arms=arms,
        compare=_pairs(study, arms),
        seeds=(*used, *fresh),
    )
    written = study.written and replace(study.written, confirms=study.name)
    return Study(spec, study.workload, written)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two arms set the same: 0.3 and 0.1 + 2 * 0.1 are one number."""
    if one.keys() != other.keys():
        return False
    return all(
        math.isclose(value, other[key], rel_tol=1e-12)
        if isinstance(value, float) and isinstance(other[key], float)
        else value == other[key]
        for key, value in one.items()
    )


def _pairs(study: Study, labels: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """What the search declared, between the configurations that are confirmed."""
    of = {
        arm: [label for label in labels if re.fullmatch(rf"{re.escape(one_line(arm))} \(trial \d+\)", label)]
        for arm in study.spec.arms
    }
    return tuple((one, other) for a, b in study.spec.pairs for one in of[a] for other in of[b])


def as_arms(found: Results, pairs: Collection[tuple[str, str]]) -> Results:
    """A confirmation with its arms called as the search calls them, where each has one configuration.

    Args:
        found: The confirmation, whose arms are called ``<arm> (trial <number>)``.
        pairs: What the search declared; those of which both arms are confirmed are compared.
    """
    names = {label: searched_arm(label) for label in found.arms}
    if len(set(names.values())) < len(names):
        return found
    return replace(
        found,
        arms=tuple(names[arm] for arm in found.arms),
        pairs=tuple(pair for pair in pairs if {*pair} <= {*names.values()}),
        trials=found.trials.assign(arm=found.trials["arm"].map(names)),
        epochs=found.epochs.assign(arm=found.epochs["arm"].map(names)),
        trained={names[arm]: tasks for arm, tasks in found.trained.items()},
        shared_rows={
            which: {names[arm]: count for arm, count in counts.items()}
            for which, counts in found.shared_rows.items()
        },
        data={names[arm]: read for arm, read in found.data.items()},
    )


def only_leading(found: Results, search: Results) -> Results:
    """A confirmation with one configuration of each arm, called as the search calls that arm.

    Of several it is the one that leads in the search: it was chosen before any fresh seed was seen.

    Args:
        found: The confirmation, as `as_arms` gives it.
        search: The study that searched.
    """
    if {*map(one_line, search.arms)}.issuperset(found.arms):
        return found
    ranked = (number for one in rank_configurations(search) for number in one.numbers)
    place = {f"(trial {number})": place for place, number in enumerate(ranked)}
    leading: dict[str, str] = {}
    for label in sorted(found.arms, key=lambda label: place.get(label[label.rfind("(") :], len(place))):
        leading.setdefault(searched_arm(label), label)
    arms = tuple(label for label in found.arms if label in leading.values())
    kept = replace(
        found,
        arms=arms,
        wanted=found.wanted * len(arms) // len(found.arms),
        trials=found.trials[found.trials["arm"].isin(arms)],
        epochs=found.epochs[found.epochs["arm"].isin(arms)],
        trained={arm: tasks for arm, tasks in found.trained.items() if arm in arms},
        shared_rows={
            which: {arm: count for arm, count in counts.items() if arm in arms}
            for which, counts in found.shared_rows.items()
        },
        data={arm: read for arm, read in found.data.items() if arm in arms},
    )
    return as_arms(kept, ())


def only_fresh(found: Results, searched: Collection[int]) -> Results | None:
    """A confirmation without trials at seeds that the search has trained at too; None if no other is left.

    Args:
        found: The confirmation.
        searched: The seeds of the search's complete trials: it has chosen by these.
    """
    seen = found.trials["seed"].isin(list(searched))
    if not seen.any():
        return found
    if seen.all():
        return None
    gone = found.epochs["number"].isin(found.trials["number"][seen])
    wanted = found.wanted - int(seen.sum())
    return replace(found, trials=found.trials[~seen], epochs=found.epochs[~gone], wanted=wanted)


def searched_arm(label: str) -> str:
    """The arm of the search that is called so in its confirmation, ``<arm> (trial <number>)`` or as it is."""
    return re.sub(r" \(trial \d+\)$", "", label)


def configuration_key(config: Mapping[str, Any], halvings: int = 0) -> str:
    """What a search's trial and its confirmation have in common: every setting but the seed.

    Args:
        config: The configuration, as it was trained.
        halvings: How often its micro-batch was halved, which leaves a step as it is.
    """
    common = {**config, "seed": 0, "score_test": False}
    if halvings:
        common["accumulation"] //= 2**halvings
    try:  # whichever settings the version of either knew
        return config_class(common).model_validate(common).fingerprint()
    except ValidationError:
        return json.dumps(common, sort_keys=True)


def _test(study: Study) -> dict[str, bool]:
    return {"score_test": True} if all(task.has_test for task in study.tasks.values()) else {}
