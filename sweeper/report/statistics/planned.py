"""The difference that a study could tell apart, before it has run. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.overall import Overall
from model.tasks import Task

from ...text import LEVEL
from .compared import Comparison
from .power import POWER, smallest

DISAGREE = 0.2
"""Share of the dev rows on which two arms are assumed to disagree, where nothing is known of them."""


@dataclass(frozen=True)
class Foreseen:
    """A difference in `overall` that a study finds in 80 of 100 cases.

    Attributes:
        difference: The difference.
        comparisons: From how many earlier comparisons it is taken, as the median over their spreads; 0: from
            the number of dev rows.
    """

    difference: float
    comparisons: int = 0


def by_earlier(found: Iterable[Comparison], seeds: int, family: int) -> Foreseen | None:
    """The difference foreseen by the spread that earlier comparisons had, at the number of seeds of a study.

    Args:
        found: Comparisons on the same workload.
        seeds: Training seeds of the study.
        family: How many comparisons it adjusts for.

    Returns:
        The difference; None where none of them could have told anything apart, or the study has one seed.
    """
    gaps = (each.gaps.get("overall") for each in found)
    # Seeds that agree by accident, or single ones, foretell nothing of others.
    spreads = [gap.spread for gap in gaps if gap is not None and gap.detectable(1) is not None]
    if seeds < 2 or not spreads:
        return None
    differences = sorted(smallest(one, LEVEL / max(family, 1), seeds) for one in spreads)
    return Foreseen(differences[len(differences) // 2], len(differences))


def by_rows(
    tasks: Mapping[str, Task], rows: Mapping[str, int], overall: Overall, family: int
) -> Foreseen | None:
    """The difference foreseen by the number of dev rows alone, as if training always gave the same network.

    That of a z test with 80 % power. The difference of two accuracies on n rows has a variance of q / n where
    the two disagree on a share q of the rows (McNemar, 1947). Seeds, and tasks that are not scored by
    accuracy, add to the variance; how much is not known.

    Args:
        tasks: The tasks.
        rows: Dev rows of each.
        overall: How the one score follows from theirs.
        family: How many comparisons the study adjusts for.

    Returns:
        The difference; None where no task that counts is scored by accuracy.
    """
    from scipy.special import ndtri

    counted = [name for name, task in tasks.items() if task.metric == "accuracy" and overall.weight(name)]
    known = [name for name in counted if rows.get(name)]
    if not known:
        return None
    middle = dict.fromkeys(tasks, 0.5)
    variance = 0.0
    for name in known:
        raised = {**middle, name: 1.0}
        weight = 2 * (overall.score(tasks, raised) - overall.score(tasks, middle))
        variance += weight**2 * DISAGREE / rows[name]
    level = LEVEL / max(family, 1)
    return Foreseen(float(ndtri(1 - level / 2) + ndtri(POWER)) * math.sqrt(variance))
