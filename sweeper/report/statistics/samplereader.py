"""What of a study is compared: scores and dev predictions of its configurations, by seeds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from model.predictions import Predictions
from model.result import judged_by

from ..configuration import Configuration, Trial
from ..results import Results
from .paired import Sample
from .resampling import SEED, Runs, compared_on, resampled_scores


class SampleReader:
    """Reads the samples of a study's configurations.

    Args:
        results: The study.
        trials: Its trials that count, by number.
    """

    def __init__(self, results: Results, trials: Mapping[int, Trial]) -> None:
        self.results = results
        self._trials = trials
        self._rows: dict[str, dict[str, Predictions]] = {}

    def rows(self, arm: str) -> dict[str, int]:
        """Number of dev rows of each task, as far as configurations of the arm's ground were read."""
        known = self._rows.get(self.results.ground(arm), {})
        return {name: len(known[name].labels) for name in self.results.tasks if name in known}

    def seeds(self, one: Configuration) -> dict[int, int]:
        """The trial of each seed of a configuration, by rising seeds."""
        return dict(sorted((int(self._trials[number]["seed"]), number) for number in one.numbers))

    def by_seed(
        self, configurations: Sequence[Configuration], seeds: Iterable[int], name: str
    ) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """Mean score of several configurations at each of some seeds, by rising seeds."""
        return np.array(
            [
                np.mean([float(self._trials[self.seeds(one)[seed]][name]) for one in configurations])
                for seed in sorted(seeds)
            ]
        )

    def sample(
        self, configurations: Sequence[Configuration], seeds: Iterable[int] | None = None
    ) -> Sample | None:
        """One side of a comparison; None where predictions are gone, or made on other dev rows.

        Args:
            configurations: One, or several that are matched with those of the other side.
            seeds: None: an observation is a seed of the one configuration. Else an observation is one of the
                configurations, by its mean over these seeds.
        """
        of = [self.seeds(one) for one in configurations]
        numbers = [[each[seed] for seed in sorted(each if seeds is None else seeds)] for each in of]
        runs = self._predictions([number for own in numbers for number in own])
        if not runs:
            return None
        observations = numbers if seeds is not None else [[number] for number in numbers[0]]
        scores = {
            name: np.array([np.mean([float(self._trials[n][name]) for n in own]) for own in observations])
            for name in configurations[0].scores
        }
        return Sample(tuple(of[0]) if seeds is None else tuple(range(len(of))), scores, runs)

    def resampled(self, samples: Mapping[int, Sample]) -> dict[int, dict[str, NDArray[np.float64]]]:
        """What the runs of samples, each of one configuration, score on resampled dev rows.

        Those of one ground see the same resamples; each run is scored once, however often it is compared.

        Args:
            samples: By the number of the configuration's first trial.

        Returns:
            By that number and score ``[runs, resamples]``; the score that judges a trial is among them.
        """
        resamples = compared_on(self.results.tasks)
        found: dict[int, dict[str, NDArray[np.float64]]] = {number: {} for number in samples}
        for name, task in self.results.tasks.items():
            seed = SEED + crc32(name.encode())  # the rows of each task are drawn independently
            grounds: dict[str, list[int]] = {}
            for number in (number for number, sample in samples.items() if name in sample.scores):
                ground = self.results.ground(self._trials[number]["arm"])
                grounds.setdefault(ground, []).append(number)
            for numbers in grounds.values():
                runs = [{name: run[name]} for number in numbers for run in samples[number].runs]
                scores = resampled_scores({name: task}, runs, resamples, seed, overall=None)[name]
                ends = np.cumsum([len(samples[number].runs) for number in numbers])
                for number, own in zip(numbers, np.split(scores, ends[:-1]), strict=True):
                    found[number][name] = own
        for number, own_scores in found.items():
            tasks = {name: task for name, task in self.results.tasks.items() if name in own_scores}
            overall = self.results.overall.only(tasks)
            own_scores[judged_by(samples[number].scores)] = overall.score(tasks, own_scores)
        return found

    def _predictions(self, numbers: Sequence[int]) -> Runs | None:
        """The predictions of all these trials; None where some are gone, or made on other dev rows."""
        runs = []
        for number in numbers:
            run = self.results.predictions(number)
            if run is None:
                return None
            runs.append(run)
        ground = self.results.ground(self._trials[numbers[0]]["arm"]) if numbers else ""
        expected = {**(runs[0] if runs else {}), **self._rows.get(ground, {})}
        if not all(own.same_rows(expected[name]) for run in runs for name, own in run.items()):
            return None
        self._rows[ground] = expected
        return runs
