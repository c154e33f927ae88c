"""The arms of a study against each other, by their best configurations and by matched ones. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.result import judged_by

from ...study.settings import field_path, flat
from ..configuration import Configuration
from ..results import Results, leaders, records
from ..tracks import by_track, joint_arms
from .compared import Comparison
from .intervals import Interval, score_intervals, where_rows_show_none
from .paired import Gap, Sample, Verdict, adjust, compare_resampled, compare_samples, verdict
from .resampling import compared_on
from .samplereader import SampleReader
from .seeds import larger, paired_p
from .spread import interval_of, spread_of

MATCHED = 100
"""Matched configurations that count at most: more make a report slow, and no claim safer."""


class Comparisons:
    """The arms of a study, compared.

    Configurations whose predictions are gone, or were made on other dev rows, take no part.

    Args:
        results: The study.
        searched: Names of the settings that were searched; by default its own. Those of a confirmation were
            searched by the study before it.
    """

    def __init__(self, results: Results, searched: Iterable[str] | None = None) -> None:
        self.results = results
        self._searched = [field_path(name) for name in (_searched(results) if searched is None else searched)]
        self._trials = {trial["number"]: trial for trial in records(results.observations)}
        self._known: dict[tuple[int, int], dict[str, Gap]] = {}
        self._joint = joint_arms(results)
        self.leaders = leaders(results)
        self._reader = SampleReader(results, self._trials)
        samples = {one.numbers[0]: self._reader.sample([one]) for one in self.leaders}
        self._samples = {number: sample for number, sample in samples.items() if sample is not None}
        self.compared = [one for one in self.leaders if one.numbers[0] in self._samples]

    @cached_property
    def claims(self) -> "Comparisons":
        """The comparisons on which claims rest: of the confirmation, once no arm of it waits for scores."""
        claimed = self.results.claimed
        return self if claimed is self.results else Comparisons(claimed, _searched(self.results))

    @property
    def rows(self) -> dict[str, int]:
        """Number of dev rows of each task; where not all arms have the same, those of the first compared."""
        return self.rows_of(self.compared[0].arm) if self.compared else {}

    def rows_of(self, arm: str) -> dict[str, int]:
        """Number of dev rows of each task for an arm, and for those that were scored on the same rows."""
        return self._reader.rows(arm)

    def intervals(self, one: Configuration) -> dict[str, Interval] | None:
        """95 % intervals of a leader's mean scores on other seeds and rows; None without its predictions."""
        return self._intervals.get(one.numbers[0])

    @cached_property
    def _intervals(self) -> dict[int, dict[str, Interval]]:
        return {number: self._interval(number, sample) for number, sample in self._samples.items()}

    def _interval(self, number: int, sample: Sample) -> dict[str, Interval]:
        tasks = {name: task for name, task in self.results.tasks.items() if name in sample.scores}
        overall = self.results.overall.only(tasks)
        called = judged_by(sample.scores)
        if len(sample.seeds) == 1:
            found = score_intervals(tasks, sample.runs, overall=overall)
        else:
            scores = {"overall": sample.scores[called], **{name: sample.scores[name] for name in tasks}}
            resampled = {**self._resampled[number], "overall": self._resampled[number][called]}
            means = {name: float(own.mean()) for name, own in scores.items()}
            over_both = {
                name: interval_of(means[name], spread_of(own, resampled[name]), resampled[name].mean(axis=0))
                for name, own in scores.items()
            }
            rows = {name: len(sample.runs[0][name].labels) for name in tasks}
            found = where_rows_show_none(tasks, overall, means, over_both, rows)
        bounds = {name: task.scorer.bounds for name, task in tasks.items()}
        bounds["overall"] = overall.bounds(tasks)
        return {
            called if name == "overall" else name: each.within(*bounds[name]) for name, each in found.items()
        }

    @cached_property
    def _resampled(self) -> dict[int, dict[str, NDArray[np.float64]]]:
        return self._reader.resampled(self._samples)

    @cached_property
    def declared(self) -> list[Comparison]:
        """The pairs that the study declares, by their best configurations; a family of its own."""
        of = {one.arm: one for one in self.compared}
        family = [pair for pair in self.results.pairs if self.results.shared(*pair)]
        pairs = [(of[a], of[b]) for a, b in family if a in of and b in of]
        return self._family(pairs, [self._gaps(*pair) for pair in pairs], family)

    @cached_property
    def against_best(self) -> list[Comparison]:
        """Every other leader against the one with the highest mean `overall` of its track.

        The best was chosen by these scores, so that each p-value is adjusted for all pairs of arms.
        """
        leading = [own[0] for own in by_track(self.results, self.leaders).values()]
        best = [one for one in self.compared if one in leading and one.whole]
        return [each.reversed() for each in self._every if each.ours in best and not each.across]

    @cached_property
    def _every(self) -> list[Comparison]:
        """All pairs of leaders; a family of its own."""
        pairs = self._pairs(self.compared)
        family = [(one.arm, other.arm) for one, other in self._pairs(self.leaders)]
        return self._family(pairs, [self._gaps(*pair) for pair in pairs], family)

    def between(self, arm: str, against: str) -> tuple[Comparison, bool] | None:
        """One arm against another, and whether the study declares the pair; None if they do not compare.

        A pair that it does not declare has its p-values adjusted for all pairs of arms.
        """
        for declared in (True, False):
            for each in self.declared if declared else self._every:
                if each.arms == {arm, against}:
                    return each if each.ours.arm == arm else each.reversed(), declared
        return None

    def _pairs(self, among: Sequence[Configuration]) -> list[tuple[Configuration, Configuration]]:
        """Every two that were scored on the same rows, and have a task in common."""
        return [
            (one, other)
            for one, other in combinations(among, 2)
            if self.results.shared(one.arm, other.arm)
            and self.results.ground(one.arm) == self.results.ground(other.arm)
        ]

    @cached_property
    def undeclared(self) -> list[Comparison]:
        """Those against the best that the study did not declare."""
        declared = {each.arms for each in self.declared}
        return [each for each in self.against_best if each.arms not in declared]

    @cached_property
    def matched(self) -> list[Comparison]:
        """The declared pairs by the configurations that both arms have, where there are two or more of them.

        Pairs with an arm that does not train all tasks are left out.
        """
        pairs, gaps, counts = [], [], []
        for a, b in self.results.pairs:
            if {a, b} & self.results.trained.keys():
                continue
            if (found := self._matched_gaps(a, b)) is not None:
                pairs.append(found[0])
                gaps.append(found[1])
                counts.append(found[2])
        family = self._family(pairs, gaps, [(one.arm, other.arm) for one, other in pairs])
        return [
            replace(each, seeds=(seeds, seeds), of_arms=True, configurations=configurations)
            for each, (configurations, seeds) in zip(family, counts, strict=True)
        ]

    @cached_property
    def ties(self) -> dict[str, set[str]]:
        """For each score the arms that are not the best in it, but not to be told apart from it either.

        By the p-values of the tables of comparisons: of a pair that the study declares as adjusted there, of
        another among all pairs. Beside arms of which something may be said, a single seed is not told apart.
        """
        return {name: self._ties(name) for name in self.results.scores}

    def _ties(self, name: str) -> set[str]:
        asked = {each.arms: each for each in self._every}
        asked |= {each.arms: each for each in self.declared if each.arms in asked}
        pairs = [each for each in asked.values() if name in each.gaps]
        rank = self.results.rank(name)
        tracks = by_track(self.results, [one for one in self.leaders if name in one.scores]).values()
        best = [max(own, key=lambda one: rank(one.scores[name])) for own in tracks]
        said = {each.arms: verdict(each.gaps[name], each.adjusted[name]) for each in pairs}
        undecided = {Verdict.UNDECIDED, *([None] if any(said.values()) else [])}
        found = set()
        for each in pairs:
            sides = (each.ours, each.theirs)
            led = any(one in best for one in sides) and not each.across
            if led and said[each.arms] in undecided:
                found |= {one.arm for one in sides if one not in best}
        return found

    def _family(
        self,
        pairs: Sequence[tuple[Configuration, Configuration]],
        gaps: Sequence[Mapping[str, Gap]],
        arms: Sequence[tuple[str, str]],
    ) -> list[Comparison]:
        """The comparisons of a family, their p-values adjusted for all of its pairs.

        Args:
            pairs: The configurations that can be compared so far.
            gaps: Their differences.
            arms: All pairs of arms of the family, those too that cannot be compared yet.
        """
        partial = self.results.trained.keys()
        size = sum(not {*pair} & partial for pair in arms)
        asked = [each["overall"].p if "overall" in each else None for each in gaps]
        overall = adjust(asked, size)
        tasks = [[name for name in each if name != "overall"] for each in gaps]
        known = [each[name].p for each, own in zip(gaps, tasks, strict=True) for name in own]
        secondary = iter(adjust(known, sum(len(self.results.shared(*pair)) for pair in arms)))
        return [
            Comparison(
                ours,
                theirs,
                each,
                {**({"overall": p} if "overall" in each else {}), **{name: next(secondary) for name in own}},
                verdict(each["overall"], p) if "overall" in each else None,
                None if p is None else each["overall"].detectable(size),
                (len(ours.numbers), len(theirs.numbers)),
                self._settings(ours) == self._settings(theirs),
                across=self._across(ours, theirs),
            )
            for (ours, theirs), each, p, own in zip(pairs, gaps, overall, tasks, strict=True)
        ]

    def _across(self, one: Configuration, other: Configuration) -> bool:
        return (one.arm in self._joint) != (other.arm in self._joint)

    def _gaps(self, ours: Configuration, theirs: Configuration) -> dict[str, Gap]:
        """The differences between two leaders by score, computed once."""
        key = ours.numbers[0], theirs.numbers[0]
        if key not in self._known:
            one, other = ((self._samples[number], self._resampled[number]) for number in key)
            found = self._known[key] = compare_resampled(self.results.tasks, one, other, self.results.overall)
            # Not drawn anew: the same two arms would have another p the other way round.
            self._known[key[::-1]] = {name: each.reversed() for name, each in found.items()}
        return self._known[key]

    def _matched_gaps(
        self, a: str, b: str
    ) -> tuple[tuple[Configuration, Configuration], dict[str, Gap], tuple[int, int]] | None:
        """Two arms by their matched configurations: the first of each, gaps, configurations and seeds."""
        mine, other = (
            {json.dumps(one.params, sort_keys=True, default=str): one for one in self.results.of_arm(arm)}
            for arm in (a, b)
        )
        pairs = [(mine[key], other[key]) for key in mine if key in other][:MATCHED]
        if len(pairs) < 2:
            return None
        reader = self._reader
        pairs, seeds = self._with_most_seeds(pairs)
        samples = [reader.sample([pair[side] for pair in pairs], seeds) for side in (0, 1)]
        if not seeds or samples[0] is None or samples[1] is None:
            return None
        tasks, overall = self.results.tasks, self.results.overall
        gaps = compare_samples(tasks, samples[0], samples[1], compared_on(tasks), overall=overall)
        by_seed = [
            {name: reader.by_seed([pair[side] for pair in pairs], seeds, name) for name in gaps}
            for side in (0, 1)
        ]
        found = {
            name: replace(gap, p_seeds=larger(gap.p_seeds, paired_p(by_seed[0][name] - by_seed[1][name])))
            for name, gap in gaps.items()
        }
        return pairs[0], found, (len(pairs), len(seeds))

    def _with_most_seeds(
        self, pairs: Sequence[tuple[Configuration, Configuration]]
    ) -> tuple[list[tuple[Configuration, Configuration]], set[int]]:
        """The matched pairs that have the most seeds in common, two or more, and these seeds.

        One that has fewer so far, or lost some, is left out: it would take the others' seeds from them.
        """
        common = [set(self._reader.seeds(one)) & set(self._reader.seeds(other)) for one, other in pairs]
        for least in sorted({len(seeds) for seeds in common}, reverse=True):
            kept = [place for place, seeds in enumerate(common) if len(seeds) >= least]
            shared = set.intersection(*(common[place] for place in kept))
            if len(kept) > 1 and shared:
                return [pairs[place] for place in kept], shared
        return list(pairs), set()

    def _settings(self, one: Configuration) -> list[Any]:
        """The values that a configuration has of all settings that were searched."""
        config = flat(self._trials[one.numbers[0]]["config"])
        return [config.get(path) for path in self._searched]


def _searched(results: Results) -> Iterable[str]:
    """The settings that varied in any arm; not all are in the space of several studies together."""
    return dict.fromkeys([*results.space, *(key for one in results.spaces.values() for key in one.entries)])
