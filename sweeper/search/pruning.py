"""Decides after an evaluation whether a trial is stopped early, with Optuna's pruners."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, MedianPruner, PatientPruner, SuccessiveHalvingPruner, WilcoxonPruner
from optuna.trial import FrozenTrial, TrialState, create_trial

from ..study.study import Study
from ..trial import Curve, RunState, TrialSpec

PEERS = 500
"""Trials that one is compared with at most, the latest: more would change no decision and take their time."""

_STATES = {RunState.COMPLETE: TrialState.COMPLETE, RunState.PRUNED: TrialState.PRUNED}


@dataclass(frozen=True)
class Peers:
    """Whose curves are needed.

    Attributes:
        arm: Only the trials of this arm; None: of all.
        seed: Only the trials with this training seed; None: with any.
    """

    arm: str | None
    seed: int | None


def peers_of(study: Study, trial: TrialSpec, epoch: int) -> Peers | None:
    """The trials with which one is compared after an epoch; None if it cannot be stopped then."""
    spec = study.spec.pruner
    if spec.name == "none" or epoch >= trial.config.epochs:
        return None
    # Only wilcoxon compares with other seeds.
    seed = None if spec.name == "wilcoxon" else trial.seed
    return Peers(None if spec.peers == "study" else trial.arm, seed)


def should_prune(study: Study, trial: TrialSpec, curve: Mapping[int, float], others: Sequence[Curve]) -> bool:
    """Whether to stop a trial after its latest evaluation; equal arguments give an equal answer.

    A trial is compared with those of its own arm only, so that a good arm never starves another, unless
    `pruner.peers` says otherwise; and, except by wilcoxon, only with those of its own training seed, as a
    seed shifts all configurations. Of these only those with a lower number count: a sequential study decides
    the same if it is resumed. A trial that has finished its last epoch is never pruned, nor by any study with
    several objectives.

    Methods: median (Golovin et al. 2017), asha (Li et al. 2020), hyperband (Li et al. 2018) and wilcoxon
    (signed-rank test, 1945), by Optuna. For wilcoxon the steps are the seeds of a configuration and the
    values its best `overall` at each; a trial is pruned at its first evaluation if its configuration is worse
    at the seeds already done than the arm's best configuration.

    Args:
        study: The study.
        trial: The trial.
        curve: Its `overall` by epoch, from 1, the latest evaluation included; earlier ones may be missing if
            `others` holds the trial itself.
        others: Curves of trials, in any order; those that are not of `peers_of` may be missing.
    """
    spec = study.spec.pruner
    curve = dict(next((other.values for other in others if other.number == trial.number), {})) | dict(curve)
    if spec.name == "none" or not curve or max(curve) >= trial.config.epochs:
        return False
    ours = [
        other
        for other in others
        if (spec.peers == "study" or other.arm == trial.arm) and other.number < trial.number and other.values
    ]
    if spec.name == "wilcoxon":
        return _worse_at_other_seeds(study, trial, ours)
    peers = [other for other in ours if other.seed == trial.seed]
    if spec.name == "median":
        pruner: BasePruner = MedianPruner(n_startup_trials=spec.startup, n_warmup_steps=spec.min_epochs)
        complete = [other for other in peers if other.state == RunState.COMPLETE]
        return _ask(study, pruner, curve, complete, rungs=[])
    bracket = 0
    if spec.name == "hyperband":
        bracket = _bracket(study, trial, trial.configuration)
        peers = [other for other in peers if _bracket(study, trial, other.configuration) == bracket]
    rungs = [step for step in _rungs(study, trial)[bracket:] if step <= max(curve)]
    if not rungs or (spec.patience is None and rungs[-1] < max(curve)):
        return False
    halving = SuccessiveHalvingPruner(
        min_resource=spec.min_epochs,
        reduction_factor=spec.reduction_factor,
        min_early_stopping_rate=bracket,
    )
    return _ask(study, halving, curve, [other for other in peers if max(other.values) >= rungs[0]], rungs)


def _ask(
    study: Study, pruner: BasePruner, curve: Mapping[int, float], peers: Sequence[Curve], rungs: Sequence[int]
) -> bool:
    patience = study.spec.pruner.patience
    latest = max(curve)
    search = optuna.create_study(direction="maximize")
    for peer in sorted(peers, key=lambda peer: peer.number)[-PEERS:]:
        search.add_trial(_frozen(peer.values, peer.state, latest, rungs))
    # Optuna tests a rung once. A patient pruner asks late, and then at all rungs so far.
    passed = [step for step in rungs if step < latest] if patience is None else []
    search.add_trial(_frozen(curve, RunState.RUNNING, latest, passed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        asked = pruner if patience is None else PatientPruner(pruner, patience)
    return bool(asked.prune(search, search.get_trials(deepcopy=False)[-1]))


def _frozen(values: Mapping[int, float], state: RunState, latest: int, rungs: Sequence[int]) -> FrozenTrial:
    """A curve up to an epoch in Optuna's terms, with the marks that successive halving leaves at rungs."""
    marks = {}
    for rung, step in enumerate(rungs):
        reached = min((epoch for epoch in values if epoch >= step), default=None)
        if reached is not None:
            marks[f"completed_rung_{rung}"] = values[reached]
    return create_trial(
        state=_STATES.get(state, TrialState.RUNNING),
        value=max(values.values()) if state == RunState.COMPLETE else None,
        intermediate_values={epoch: value for epoch, value in values.items() if epoch <= latest},
        system_attrs=marks,
    )


def _rungs(study: Study, trial: TrialSpec) -> list[int]:
    """The epochs at which trials of an arm are compared, as long as its longest trial."""
    spec = study.spec.pruner
    entry = study.space.get("epochs")
    longest = (
        [value for value in entry.probes() if isinstance(value, int)] if entry else [trial.config.epochs]
    )
    rungs, step = [], spec.min_epochs
    while step <= max(longest):
        rungs.append(step)
        step *= spec.reduction_factor
    return rungs


def _bracket(study: Study, trial: TrialSpec, configuration: int) -> int:
    """Hyperband's bracket: how many rungs a configuration passes untested.

    Brackets get the shares of trials that Optuna's HyperbandPruner gives them. It draws by the trial's
    number; here a configuration has one bracket in all arms and at all seeds, from the sampler's seed.
    """
    factor, brackets = study.spec.pruner.reduction_factor, len(_rungs(study, trial))
    shares = [-(-brackets * factor**left // (left + 1)) for left in range(brackets - 1, -1, -1)]
    digest = hashlib.sha256(f"{study.spec.sampler.seed}/bracket/{configuration}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % sum(shares) if shares else 0
    for bracket, share in enumerate(shares):
        place -= share
        if place < 0:
            return bracket
    return 0


def _worse_at_other_seeds(study: Study, trial: TrialSpec, ours: Sequence[Curve]) -> bool:
    configurations: dict[int, dict[int, float]] = {}
    for other in ours:
        if other.state == RunState.COMPLETE:
            done = configurations.setdefault(other.configuration, {})
            done[other.seed] = max(other.values.values())
    own = configurations.pop(trial.configuration, {})
    rivals = [done for done in configurations.values() if own.keys() <= done.keys()]
    if not own or not rivals:
        return False
    best = max(rivals, key=lambda done: fmean(done.values()))
    search = optuna.create_study(direction="maximize")
    for state, done in ((RunState.COMPLETE, best), (RunState.RUNNING, own)):
        search.add_trial(
            create_trial(
                state=_STATES.get(state, TrialState.RUNNING),
                value=fmean(done.values()) if state == RunState.COMPLETE else None,
                intermediate_values=dict(sorted(done.items())),
            )
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        pruner = WilcoxonPruner(p_threshold=study.spec.pruner.p_threshold)
    return bool(pruner.prune(search, search.get_trials(deepcopy=False)[-1]))
