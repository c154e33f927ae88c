"""One side of a comparison against another, and what may be said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..configuration import Configuration
from .paired import Gap, Verdict, verdict
from .power import Detectable


@dataclass(frozen=True)
class Comparison:
    """One side against another.

    Attributes:
        ours: Configuration of the one arm; of matched ones, the first.
        theirs: Of the other.
        gaps: For ``overall`` and each task: ours minus theirs. Where a side does not train all tasks, for
            those alone that both train.
        adjusted: For each score its p-value, adjusted: `overall` among the pairs of its family, a task among
            the pairs and tasks; None of single seeds.
        verdict: What may be said of `overall`; None of single seeds, and where none is compared.
        detectable: What difference in `overall` it could have told apart; None where `verdict` is.
        seeds: Number of training seeds of the two sides.
        of_arms: Whether it speaks of arms: the two sides differ in nothing that was searched.
        configurations: Number of matched configurations; 1 where two configurations are compared.
        across: Whether one side encodes pairs together and the other one apart.
    """

    ours: Configuration
    theirs: Configuration
    gaps: Mapping[str, Gap]
    adjusted: Mapping[str, float | None]
    verdict: Verdict | None
    detectable: Detectable | None
    seeds: tuple[int, int]
    of_arms: bool
    configurations: int = 1
    across: bool = False

    @property
    def arms(self) -> frozenset[str]:
        """The names of the two, in no order."""
        return frozenset((self.ours.arm, self.theirs.arm))

    def told(self, name: str = "overall") -> bool:
        """Whether one side is said to be better in a score, `overall` or that of a task."""
        said = self.verdict if name == "overall" else verdict(self.gaps[name], self.adjusted[name])
        return said in (Verdict.BETTER, Verdict.WORSE)

    def reversed(self) -> "Comparison":
        """The same, seen from the other side."""
        gaps = {name: gap.reversed() for name, gap in self.gaps.items()}
        return replace(
            self,
            ours=self.theirs,
            theirs=self.ours,
            gaps=gaps,
            verdict=verdict(gaps["overall"], self.adjusted["overall"]) if "overall" in gaps else None,
            seeds=self.seeds[::-1],
        )
