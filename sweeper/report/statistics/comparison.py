"""Arms against each other: differences of their best configurations on the same dev rows and seeds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from model.metrics import METRICS

from ..results import Configuration, Results, leaders
from .intervals import Interval, score_intervals, seed_interval
from .paired import Difference, Verdict, holm, score_differences, verdict, wilcoxon
from .resampling import Runs


@dataclass(frozen=True)
class Comparison:
    """One arm's configuration against another's.

    Attributes:
        ours: The configuration.
        theirs: The one that it is compared with.
        differences: For ``overall`` and each task: ours minus theirs, by the paired bootstrap over dev rows.
        adjusted: Its p-value of `overall` among all that are compared with the same one (Holm).
        row_tests: p-value for each task, at the first seed that both have, by the test of its metric.
        over_seeds: p-value of `overall` over the seeds that both have (Wilcoxon); None with fewer than two.
        verdict: Whether ours is better in `overall`.
    """

    ours: Configuration
    theirs: Configuration
    differences: dict[str, Difference]
    adjusted: float
    row_tests: dict[str, float]
    over_seeds: float | None
    verdict: Verdict


class Comparisons:
    """The best configurations of the arms, compared.

    Configurations whose predictions are gone, or were made on other dev rows, take no part.

    Args:
        results: The study.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._runs: dict[int, Runs] = {}
        self._known: dict[tuple[int, int], dict[str, Difference]] = {}
        self.leaders = leaders(results)
        for one in self.leaders:
            found = [results.predictions(number) for number in one.numbers]
            runs = [run for run in found if run is not None and run.keys() == results.tasks.keys()]
            if len(runs) == len(one.numbers) and self._are_alike(runs):
                self._runs[one.numbers[0]] = runs
        self.compared = [one for one in self.leaders if one.numbers[0] in self._runs]

    def intervals(self, one: Configuration) -> dict[str, Interval] | None:
        """95 % intervals over dev rows of a leader's mean scores; None without its predictions."""
        runs = self._runs.get(one.numbers[0])
        return score_intervals(self._results.tasks, runs) if runs else None

    def over_seeds(self, one: Configuration) -> Interval | None:
        """95 % interval of a leader's mean `overall` over seeds; None with one seed."""
        overall = self._results.complete.set_index("number")["overall"]
        return seed_interval([float(overall[number]) for number in one.numbers])

    @cached_property
    def against_best(self) -> list[Comparison]:
        """Every other leader against the one with the highest mean `overall`."""
        return self._compare_others(self.compared[0]) if self.compared else []

    @cached_property
    def against_first(self) -> list[Comparison]:
        """Every other leader against that of the study's first arm, if that is not the best one."""
        first = next((one for one in self.compared if one.arm == self._results.arms[0]), None)
        return [] if first is None or first is self.compared[0] else self._compare_others(first)

    @cached_property
    def ties(self) -> dict[str, set[str]]:
        """For each score the arms that are not the best in it, but not to be told apart from it either."""
        found: dict[str, set[str]] = {}
        for name in self._results.scores:
            best = max(self.compared, key=lambda one: one.scores[name], default=None)
            others = [one for one in self.compared if one is not best]
            pairs = [self._differences(one, best)[name] for one in others if best is not None]
            adjusted = holm([pair.p for pair in pairs])
            found[name] = {
                one.arm
                for one, pair, p in zip(others, pairs, adjusted, strict=True)
                if verdict(pair.value, pair.interval, p) is Verdict.TIE
            }
        return found

    def _are_alike(self, runs: Runs) -> bool:
        """Whether these were made on the dev rows of those that came before."""
        expected = next(iter(self._runs.values()), runs)[0]
        return all(run[task].same_rows(expected[task]) for run in runs for task in expected)

    def _compare_others(self, theirs: Configuration) -> list[Comparison]:
        others = [one for one in self.compared if one is not theirs]
        differences = [self._differences(one, theirs) for one in others]
        adjusted = holm([each["overall"].p for each in differences])
        return [
            self._comparison(ours, theirs, each, float(p))
            for ours, each, p in zip(others, differences, adjusted, strict=True)
        ]

    def _comparison(
        self, ours: Configuration, theirs: Configuration, differences: dict[str, Difference], adjusted: float
    ) -> Comparison:
        overall = differences["overall"]
        pairs = self._match_seeds(ours, theirs)
        scores = self._results.complete.set_index("number")["overall"]
        gaps = [float(scores[one] - scores[other]) for one, other in pairs]
        return Comparison(
            ours=ours,
            theirs=theirs,
            differences=differences,
            adjusted=adjusted,
            row_tests=self._row_tests(ours, theirs, pairs),
            over_seeds=wilcoxon(gaps) if len(gaps) > 1 else None,
            verdict=verdict(overall.value, overall.interval, adjusted),
        )

    def _differences(self, ours: Configuration, theirs: Configuration) -> dict[str, Difference]:
        key = ours.numbers[0], theirs.numbers[0]
        if key not in self._known:
            runs, others = self._runs[key[0]], self._runs[key[1]]
            found = score_differences(self._results.tasks, runs, others)
            self._known[key] = found
            # Not drawn anew: the same two arms would have another p the other way round.
            self._known[key[::-1]] = {name: each.reversed() for name, each in found.items()}
        return self._known[key]

    def _match_seeds(self, ours: Configuration, theirs: Configuration) -> list[tuple[int, int]]:
        """The trials of both at the same seeds, in the order of the seeds."""
        seeds = self._results.complete.set_index("number")["seed"]
        other = {int(seeds[number]): number for number in theirs.numbers}
        mine = sorted((int(seeds[number]), number) for number in ours.numbers)
        return [(number, other[seed]) for seed, number in mine if seed in other]

    def _row_tests(
        self, ours: Configuration, theirs: Configuration, pairs: Sequence[tuple[int, int]]
    ) -> dict[str, float]:
        if not pairs:
            return {}
        one, other = pairs[0]
        mine = self._runs[ours.numbers[0]][ours.numbers.index(one)]
        their = self._runs[theirs.numbers[0]][theirs.numbers.index(other)]
        return {
            name: METRICS[task.metric].row_test(
                mine[name].predicted, their[name].predicted, mine[name].labels
            )
            for name, task in self._results.tasks.items()
        }
