"""Which settings explain the differences in `overall`: fANOVA and PED-ANOVA as Optuna computes them."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import create_trial

from ...search.distributions import distribution
from ...study.problem import FieldError
from ...study.space import Choice, Space
from ...text import plural

# A line per study in memory would drown the report's own words.
optuna.logging.set_verbosity(optuna.logging.ERROR)

FEWEST = 20
"""Trials below which importances say nothing: of eight the top bar of pure noise holds more than half."""

SHUFFLES = 19
"""How often scores are shuffled: chance alone passes the highest of so many in 1 of 20 studies."""

TREES, DEPTH, SEED = 16, 5, 0
"""fANOVA's forest: as many trees as its authors' program grows. Deeper ones move a share by .02 or so, and
take a time that grows with the square of the trials."""


class UnfitTrialsError(ValueError):
    """The trials cannot tell what matters; the message says why."""


@dataclass(frozen=True)
class Importances:
    """The share of each setting, by name; each method's shares add up to 1.

    Attributes:
        fanova: Share of the variance of `overall` over the space that a setting explains alone (Hutter et
            al., 2014).
        ped_anova: How much the best tenth of the trials differs from all of them in a setting (Watanabe et
            al., 2023).
    """

    fanova: dict[str, float]
    ped_anova: dict[str, float]


def importances(
    space: Mapping[str, Space], trials: Sequence[Mapping[str, Any]], values: Sequence[float]
) -> Importances:
    """The importances of the settings for a value that is raised.

    Args:
        space: The settings that count. Those that took a single value are left out.
        trials: The value of each setting, for each trial; those outside the space are left out.
        values: What each trial reached.

    Raises:
        UnfitTrialsError: If fewer than `FEWEST` trials lie in the space, all reached the same, or all have
            the same settings.
    """
    read = [(_read(space, trial), value) for trial, value in zip(trials, values, strict=True)]
    rows = [(params, value) for params, value in read if params is not None]
    if len(rows) < FEWEST:
        raise UnfitTrialsError(f"{plural(len(rows), 'complete trial')}, {FEWEST} are needed")
    if len({value for _, value in rows}) == 1:
        raise UnfitTrialsError("all trials have the same overall")
    varied = {name: space[name] for name in space if len({params[name] for params, _ in rows}) > 1}
    if not varied:
        raise UnfitTrialsError("all trials have the same settings")
    study = _study(varied, rows)
    # Optuna's importances import scikit-learn, which takes a second.
    from optuna.importance import (
        FanovaImportanceEvaluator,
        PedAnovaImportanceEvaluator,
        get_param_importances,
    )

    forest = FanovaImportanceEvaluator(n_trees=TREES, max_depth=DEPTH, seed=SEED)
    try:
        fanova = get_param_importances(study, evaluator=forest)
    except RuntimeError as error:  # no tree could split: what differs does so at equal settings
        raise UnfitTrialsError("no setting explains any difference") from error
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return Importances(*({name: float(method[name]) for name in varied} for method in (fanova, found)))


def chance(
    space: Mapping[str, Space], samples: Sequence[tuple[Sequence[Mapping[str, Any]], Sequence[float]]]
) -> Importances:
    """What a setting that does nothing stays below in 95 of 100 studies: importances of shuffled scores.

    Args:
        space: As for `importances`.
        samples: The settings and scores of one group of trials, or of several of about the same size, which
            are shuffled in turns.
    """
    rng = np.random.default_rng(SEED)
    found: list[Importances] = []
    for turn in range(SHUFFLES):
        trials, values = samples[turn % len(samples)]
        with suppress(UnfitTrialsError):
            found.append(importances(space, trials, rng.permutation(values).tolist()))
    levels = {}
    for method in ("fanova", "ped_anova"):
        shares = {name: sorted(getattr(one, method).get(name, 0.0) for one in found) for name in space}
        levels[method] = {name: own[-1] if own else 1.0 for name, own in shares.items()}
    return Importances(**levels)


def _read(space: Mapping[str, Space], trial: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return {name: entry.read(trial[name]) for name, entry in space.items()}
    except FieldError:
        return None


def _study(space: Mapping[str, Space], rows: Sequence[tuple[dict[str, Any], float]]) -> optuna.Study:
    """The trials as a study of Optuna's, in memory."""
    distributions = {name: _distribution(entry) for name, entry in space.items()}
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(SEED))
    study.add_trials(
        create_trial(
            params={name: _scale(entry, params[name]) for name, entry in space.items()},
            distributions=distributions,
            value=value,
        )
        for params, value in rows
    )
    return study


# Optuna's fANOVA weighs a log range by value, so that nine tenths of 1e-6 to 1e-4 would be its upper decade.
def _distribution(entry: Space) -> BaseDistribution:
    if isinstance(entry, Choice) or not entry.log:
        return distribution(entry)
    return FloatDistribution(math.log10(entry.low), math.log10(entry.high))


def _scale(entry: Space, value: Any) -> Any:
    return value if isinstance(entry, Choice) or not entry.log else math.log10(value)
