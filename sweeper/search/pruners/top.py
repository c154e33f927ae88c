"""Pruner top: all get their first epochs, the best of them the others."""

from collections.abc import Mapping

from ..pruning import Question


def decide(question: Question) -> bool:
    """Whether the trial was not among the `keep` best after its first `min_epochs` epochs.

    It goes on if fewer than `keep` of its peers were as good by the same epoch, each by its highest `overall`
    up to then. The first `keep` trials so go on whatever they show; of n in random order about
    keep · (1 + ln(n / keep)) do, among them the `keep` best of all by that epoch. Nothing waits for others.
    After later epochs the same is asked again, since with several workers a trial with a lower number may
    come to that epoch only then; one after the other, what has passed once is never stopped.

    Method: 1-epoch of Egele et al. (2023, arXiv 2307.15422), who rank all trials at once, not one by one.
    """
    first = min((epoch for epoch in question.curve if epoch >= question.spec.min_epochs), default=None)
    if first is None:
        return False
    own = _best(question.curve, first)
    rivals = [_best(peer.values, first) for peer in question.peers if max(peer.values) >= first]
    return sum(best >= own for best in rivals) >= question.spec.keep


def _best(curve: Mapping[int, float], epoch: int) -> float:
    """The highest `overall` up to an epoch; less than any, if all were left out as no numbers."""
    return max((value for at, value in curve.items() if at <= epoch), default=float("-inf"))
