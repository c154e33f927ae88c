"""Decides after an evaluation whether a trial is stopped early, by the pruner that the study names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name

from ..study.pruners import PrunerSpec
from ..study.study import Study
from ..trial import Curve, TrialSpec


@dataclass(frozen=True)
class Question:
    """What a pruner is asked: whether a trial ends after its latest evaluation.

    Attributes:
        study: The study.
        trial: The trial.
        curve: Its `overall` by epoch, from 1, the latest evaluation included.
        peers: Curves of the trials that it is compared with; each has an epoch at least.
    """

    study: Study
    trial: TrialSpec
    curve: Mapping[int, float]
    peers: Sequence[Curve]

    @property
    def spec(self) -> PrunerSpec:
        """The pruner as the study sets it."""
        return self.study.spec.pruner


def peers_of(study: Study, trial: TrialSpec) -> tuple[str | None, int | None]:
    """Arm and training seed of the trials with which one is compared; None where any will do.

    They are of its arm, so that a good arm never starves another, unless `pruner.peers` says otherwise, and
    of its seed, as a seed shifts all configurations, unless the pruner compares these over their seeds.
    """
    spec = study.spec.pruner
    return (
        None if spec.peers == "study" else trial.arm,
        None if spec.method.across_seeds else trial.seed,
    )


def should_prune(study: Study, trial: TrialSpec, curve: Mapping[int, float], others: Sequence[Curve]) -> bool:
    """Whether to stop a trial after its latest evaluation; equal arguments give an equal answer.

    Of the trials with which one is compared (see `peers_of`) only those with a lower number count: a
    sequential study decides the same if it is resumed. A trial that has finished its last epoch is never
    pruned, nor by any study with several objectives.

    Args:
        study: The study.
        trial: The trial.
        curve: Its `overall` by epoch, from 1, the latest evaluation included; earlier ones may be missing if
            `others` holds the trial itself.
        others: Curves of trials, in any order; those that do not count may be missing.
    """
    decides = study.spec.pruner.method.decides
    curve = dict(next((other.values for other in others if other.number == trial.number), {})) | dict(curve)
    if not decides or not curve or max(curve) >= trial.config.epochs:
        return False
    arm, seed = peers_of(study, trial)
    peers = [
        other
        for other in others
        if arm in (None, other.arm)
        and seed in (None, other.seed)
        and other.number < trial.number
        and other.values
    ]
    return bool(resolve_name(decides)(Question(study, trial, curve, peers)))
