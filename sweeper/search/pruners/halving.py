"""Pruners asha and hyperband: successive halving at fixed epochs, the rungs."""

import hashlib
from collections.abc import Sequence

from optuna.pruners import SuccessiveHalvingPruner

from ...trial import Curve
from ..pruning import Question
from .asking import ask


def asha(question: Question) -> bool:
    """Whether the trial is not among the best of its peers at the rung that it has reached.

    Method: Li et al. (2020), by Optuna.
    """
    return _halve(question, question.peers, 0)


def hyperband(question: Question) -> bool:
    """The same within brackets, of which some pass the first rungs untested.

    Method: Li et al. (2018), by Optuna.
    """
    own = bracket(question, question.trial.configuration)
    peers = [peer for peer in question.peers if bracket(question, peer.configuration) == own]
    return _halve(question, peers, own)


def bracket(question: Question, configuration: int) -> int:
    """Hyperband's bracket: how many rungs a configuration passes untested.

    Brackets get the shares of trials that Optuna's HyperbandPruner gives them. It draws by the trial's
    number; here a configuration has one bracket in all arms and at all seeds, from the sampler's seed.
    """
    factor, brackets = question.spec.reduction_factor, len(_rungs(question))
    shares = [-(-brackets * factor**left // (left + 1)) for left in range(brackets - 1, -1, -1)]
    seed = question.study.spec.sampler.seed
    digest = hashlib.sha256(f"{seed}/bracket/{configuration}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % sum(shares) if shares else 0
    for number, share in enumerate(shares):
        place -= share
        if place < 0:
            return number
    return 0


def _halve(question: Question, peers: Sequence[Curve], untested: int) -> bool:
    spec, latest = question.spec, max(question.curve)
    rungs = [step for step in _rungs(question)[untested:] if step <= latest]
    if not rungs or (spec.patience is None and rungs[-1] < latest):
        return False
    pruner = SuccessiveHalvingPruner(
        min_resource=spec.min_epochs,
        reduction_factor=spec.reduction_factor,
        min_early_stopping_rate=untested,
    )
    return ask(question, pruner, [peer for peer in peers if max(peer.values) >= rungs[0]], rungs)


def _rungs(question: Question) -> list[int]:
    """The epochs at which trials of an arm are compared, as long as its longest trial."""
    entry = question.study.space.get("epochs")
    longest = [question.trial.config.epochs]
    if entry:
        longest += [value for value in entry.probes() if isinstance(value, int)]
    rungs, step = [], question.spec.min_epochs
    while step <= max(longest):
        rungs.append(step)
        step *= question.spec.reduction_factor
    return rungs
