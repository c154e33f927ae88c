"""The pruners that a study may name, and what a study file must know of each. Imports no Optuna."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model.frozen import Frozen
from model.registry import OneOf, Registry

from .problem import FieldError

PEERS = 500
"""Trials that one is compared with at most by `median` and by successive halving, the latest: more would
change no decision and take their time."""


@dataclass(frozen=True)
class Reads:
    """Which curves of a trial's peers decide, beside what `sweeper.search.pruning.Peers` says.

    Attributes:
        complete: Whether only those of complete trials do.
        most: How many do, the latest; None: all.
        since: With `most`: trials count that have an epoch from this one on.
        best_until: Up to which epoch the best value of each does, and whether there is a later one; None: the
            whole curves.
    """

    complete: bool = False
    most: int | None = None
    since: int = 1
    best_until: int | None = None


@dataclass(frozen=True)
class Pruner:
    """What sets a pruner apart.

    Attributes:
        decides: The function that decides, or ``module:function``, which is imported only when a study is
            searched, as it takes Optuna. It is given a `sweeper.search.pruning.Question` and returns whether
            the trial ends. Empty for the one that stops no trial.
        heeds: The fields of `PrunerSpec` that count.
        across_seeds: Whether it looks at the other seeds of configurations, not at the trials of one seed
            alone.
        least_seeds: Training seeds without which it could never stop a trial.
        of_one: Whether it needs the values of one objective; the rank among several is not enough.
        reads: What it reads once a trial has these epochs; None where it stops no trial after the latest.
    """

    decides: "str | Callable[..., bool]" = ""
    heeds: tuple[str, ...] = ()
    across_seeds: bool = False
    least_seeds: "Callable[[PrunerSpec], int]" = lambda spec: 1
    of_one: bool = False
    reads: "Callable[[PrunerSpec, Collection[int]], Reads | None]" = lambda spec, epochs: Reads()


def _least_seeds_of_a_test(spec: "PrunerSpec") -> int:
    # n differences of one sign have a probability of 1 in 2**n, and the last seed is the one saved.
    return 2 + math.floor(-math.log2(spec.p_threshold))


def _median_reads(spec: "PrunerSpec", epochs: Collection[int]) -> Reads | None:
    return Reads(complete=True, most=PEERS) if max(epochs) >= spec.min_epochs else None


def _is_rung(spec: "PrunerSpec", epoch: int) -> bool:
    """Whether trials are compared after an epoch; a patient pruner looks back at its rungs after each."""
    rung = spec.min_epochs
    while rung < epoch and spec.patience is None:
        rung *= spec.reduction_factor
    return epoch == rung if spec.patience is None else epoch >= rung


def _asha_reads(spec: "PrunerSpec", epochs: Collection[int]) -> Reads | None:
    return Reads(most=PEERS, since=spec.min_epochs) if _is_rung(spec, max(epochs)) else None


def _hyperband_reads(spec: "PrunerSpec", epochs: Collection[int]) -> Reads | None:
    return Reads() if _is_rung(spec, max(epochs)) else None  # the latest of a bracket, which only it knows


def _top_reads(spec: "PrunerSpec", epochs: Collection[int]) -> Reads | None:
    first = min((epoch for epoch in epochs if epoch >= spec.min_epochs), default=None)
    return None if first is None else Reads(best_until=first)


_IN = "sweeper.search.pruners"

_HALVING = ("min_epochs", "reduction_factor", "peers", "patience")

PRUNERS: Registry[Pruner] = Registry(
    "pruner",
    {
        "none": Pruner(),
        "median": Pruner(f"{_IN}.median:decide", ("min_epochs", "startup", "patience"), reads=_median_reads),
        "asha": Pruner(f"{_IN}.halving:asha", _HALVING, reads=_asha_reads),
        "hyperband": Pruner(f"{_IN}.halving:hyperband", _HALVING, reads=_hyperband_reads),
        "top": Pruner(
            f"{_IN}.top:decide", ("min_epochs", "keep", "peers"), across_seeds=True, reads=_top_reads
        ),
        "wilcoxon": Pruner(
            f"{_IN}.wilcoxon:decide",
            ("p_threshold",),
            across_seeds=True,
            least_seeds=_least_seeds_of_a_test,
            of_one=True,
            reads=lambda spec, epochs: Reads(complete=True),
        ),
    },
)


class PrunerSpec(Frozen):
    """Which trials are stopped early, compared with earlier ones."""

    name: Annotated[str, OneOf(PRUNERS)] = Field(
        "none",
        description="median: below the median. asha, hyperband: not among the best at fixed epochs. "
        "top: not among the best few after the first. wilcoxon: configuration significantly worse at the "
        "seeds already done.",
    )
    min_epochs: int = Field(
        1, ge=1, description="median, asha, hyperband, top: epochs that every trial gets."
    )
    startup: int = Field(5, ge=1, description="median: complete trials before any is stopped.")
    reduction_factor: int = Field(
        3, ge=2, description="asha, hyperband: one trial in so many goes on to so many times the epochs."
    )
    keep: int = Field(
        2,
        ge=1,
        description="top: a configuration goes on, at all its seeds, if it is among so many best of the "
        "earlier ones and itself.",
    )
    p_threshold: float = Field(0.1, gt=0, lt=1, description="wilcoxon: level of the one-sided test.")
    peers: Literal["arm", "study"] = Field(
        "arm",
        description="asha, hyperband, top: which trials a trial is compared with: those of its arm, so that "
        "every arm is searched alike, or all of the study, which finds the best of all with fewest epochs.",
    )
    patience: int | None = Field(
        None,
        ge=0,
        description="median, asha, hyperband: stop only what has not improved for so many epochs after the "
        "one before.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for option, value in self:
            changed = value != type(self).model_fields[option].default
            if changed and option not in self.heeded:
                raise self.unheeded(option)
        return self

    @property
    def heeded(self) -> tuple[str, ...]:
        """The fields that count beside this name, itself included."""
        return ("name", *self.method.heeds)

    def unheeded(self, option: str) -> FieldError:
        """What is wrong with an option that belongs to other pruners."""
        *others, last = [name for name, pruner in PRUNERS.items() if option in pruner.heeds]
        owners = f"{', '.join(others)} or {last}" if others else last
        chosen = f"the pruner is {self.name}" if "name" in self.model_fields_set else "no `name` says which"
        reason = f"goes with pruner {owners} only, and {chosen}: name one, or leave this out"
        return FieldError((option,), reason, getattr(self, option))

    @property
    def method(self) -> Pruner:
        """The pruner of that name."""
        return PRUNERS[self.name]
