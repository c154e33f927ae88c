"""Pruner top: all get their first epochs, the best of them the others."""

from collections.abc import Mapping, Sequence

from ...trial import Curve, RunState
from ..pruning import Question


def decide(question: Question) -> bool:
    """Whether the trial's configuration was not among the `keep` best after its first `min_epochs` epochs.

    It goes on if fewer than `keep` of its peers were as good by the same epoch, each by its highest `overall`
    up to then. The first `keep` configurations so go on whatever they show; of n in random order about
    keep · (1 + ln(n / keep)) do, among them the `keep` best of all by that epoch. Nothing waits for others.

    A configuration is judged at its first seed, among the peers of that seed, and goes on at all seeds or at
    none: a mean over the seeds at which it did well would be too high.

    After later epochs the same is asked again, since with several workers a trial with a lower number may
    come to that epoch only then; one after the other, what has passed once is never stopped.

    Method: 1-epoch of Egele et al. (2023, arXiv 2307.15422), who rank all trials at once, not one by one.
    """
    epoch = min((epoch for epoch in question.curve if epoch >= question.spec.min_epochs), default=None)
    if epoch is None:
        return False
    trial = question.trial
    own = Curve(
        trial.number, trial.arm, trial.seed, trial.configuration, RunState.RUNNING, dict(question.curve)
    )
    there = sorted((peer for peer in question.peers if max(peer.values) >= epoch), key=lambda one: one.number)
    return _beaten(next((peer for peer in there if _same(peer, own)), own), there, epoch, question.spec.keep)


def _beaten(one: Curve, there: Sequence[Curve], epoch: int, keep: int) -> bool:
    """Whether so many trials with lower numbers and the same seed were as good by an epoch."""
    best = _best(one.values, epoch)
    earlier = (peer for peer in there if peer.number < one.number and peer.seed == one.seed)
    return sum(_best(peer.values, epoch) >= best for peer in earlier) >= keep


def _same(one: Curve, other: Curve) -> bool:
    return (one.arm, one.configuration) == (other.arm, other.configuration)


def _best(curve: Mapping[int, float], epoch: int) -> float:
    """The highest `overall` up to an epoch; less than any, if all were left out as no numbers."""
    return max((value for at, value in curve.items() if at <= epoch), default=float("-inf"))
