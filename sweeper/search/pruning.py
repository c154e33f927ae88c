"""Decides after an evaluation whether a trial is stopped early, by the pruner that the study names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import NamedTuple

from model.plugins.load import errors_of_entry

from ..study.pruners import PRUNERS, PrunerSpec
from ..study.study import Study
from ..trial import Curve, TrialSpec


@dataclass(frozen=True)
class Question:
    """What a pruner is asked: whether a trial ends after its latest evaluation.

    Attributes:
        study: The study.
        trial: The trial.
        curve: The score that judges it by epoch, from 1, the latest evaluation included; with several
            objectives minus its rank (see `ranking`).
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


class Peers(NamedTuple):
    """Whose curves one is compared with.

    Attributes:
        arm: Those of the trials of this arm; None: of all.
        seed: Those of the trials with this training seed; None: with any.
    """

    arm: str | None
    seed: int | None


def peers_of(study: Study, trial: TrialSpec, epoch: int) -> Peers | None:
    """The trials with which one is compared after an epoch; None if it cannot be stopped then.

    They are of its arm, so that a good arm never starves another, unless `pruner.peers` says otherwise, and
    of its seed, as a seed shifts all configurations, unless the pruner compares these over their seeds.
    """
    spec = study.spec.pruner
    if not spec.method.decides or epoch >= trial.config.epochs:
        return None
    return Peers(
        arm=None if spec.peers == "study" else trial.arm,
        seed=None if spec.method.across_seeds else trial.seed,
    )


def should_prune(study: Study, trial: TrialSpec, curve: Mapping[int, float], others: Sequence[Curve]) -> bool:
    """Whether to stop a trial after its latest evaluation; equal arguments give an equal answer.

    Of the trials with which one is compared (see `peers_of`) only those with a lower number count: a
    sequential study decides the same if it is resumed. A trial that has finished its last epoch is never
    pruned.

    Args:
        study: The study.
        trial: The trial.
        curve: The score that judges it by epoch, from 1, the latest evaluation included. Epochs may be
            missing, and all of them may, if `others` holds the trial itself.
        others: Curves of trials, in any order; those that are not of `peers_of` may be missing.
    """
    curve = dict(next((other.values for other in others if other.number == trial.number), {})) | dict(curve)
    wanted = peers_of(study, trial, max(curve)) if curve else None
    if wanted is None:
        return False
    peers = [
        other
        for other in others
        if wanted.arm in (None, other.arm)
        and wanted.seed in (None, other.seed)
        and other.number < trial.number
        and other.values
    ]
    pruner = study.spec.pruner
    with errors_of_entry(PRUNERS, pruner.name):
        decides = pruner.method.decides
        decide = resolve_name(decides) if isinstance(decides, str) else decides
        return bool(decide(Question(study, trial, curve, peers)))
