"""The history that is kept up to date, against one read afresh and against its definitions."""

from dataclasses import replace
from random import Random
from statistics import fmean
from typing import Any

import pytest

from sweeper.search.history import History, Tried
from sweeper.search.propose import propose
from sweeper.trial import PastTrial, RunState
from tests.sweeper_tests.search.proposals import QUICK, study

OUTCOMES = [*[RunState.COMPLETE] * 3, RunState.PRUNED, RunState.FAILED, RunState.RUNNING]


def made(random: Random, trials: int) -> list[PastTrial]:
    """Trials of two arms and seeds at random places of which none is taken twice, in a random order."""
    places = [(arm, seed, place) for arm in "AB" for seed in (1, 2) for place in range(trials // 3)]
    history = []
    for number, (arm, seed, configuration) in enumerate(random.sample(places, trials)):
        params = {"warmup": configuration / trials, "arm": arm}
        history.append(PastTrial(2 * number, arm, params, seed, configuration, RunState.QUEUED, None))
    random.shuffle(history)
    return history


def ended(trial: PastTrial, random: Random) -> PastTrial:
    state = random.choice(OUTCOMES)
    scores = {"overall": random.random(), "sst": random.random()} if state is RunState.COMPLETE else None
    return replace(trial, state=state, scores=scores)


def what_came(history: list[PastTrial], arm: str, below: int) -> list[Tried]:
    """By the definition of a configuration's mean."""
    found = []
    for configuration in range(below):
        ours = [past for past in history if (past.arm, past.configuration) == (arm, configuration)]
        scores = [past.scores["sst"] for past in ours if past.scores]
        if ours:
            pruned = RunState.PRUNED in {past.state for past in ours}
            found.append(Tried(ours[0].params, (fmean(scores),) if scores else None, pruned))
    return found


def test_every_answer_follows_from_the_trials_alone() -> None:
    for turn in range(30):
        random = Random(turn)  # noqa: S311
        trials = made(random, 24)
        history = History(("sst",))
        for trial in [*trials, *(ended(trial, random) for trial in trials)]:
            history.enter(trial)
            assert history.tried(trial.arm, 4) is not None  # is to be outdated by what follows
        again = [ended(past, random) if past.state is RunState.FAILED else past for past in history]
        for trial in again:
            history.enter(trial)
        assert list(history) == again == sorted(again, key=lambda past: past.number)
        assert len(history) == 24
        for arm in "AB":
            for below in (0, 3, 8):
                assert history.tried(arm, below) == what_came(again, arm, below)
            for seed in (1, 2):
                had = {past.configuration for past in again if (past.arm, past.seed) == (arm, seed)}
                assert history.first_free(arm, seed) == min(set(range(9)) - had)
        for place in range(9):
            of_it = [past for past in again if past.configuration == place]
            assert history.of_configuration(place) == of_it


def test_it_knows_which_trials_may_still_change() -> None:
    states = [RunState.COMPLETE, RunState.PRUNED, RunState.FAILED, RunState.RUNNING, RunState.QUEUED]
    history = History(("overall",))
    assert (history.end, history.unfinished, history.failed) == (0, set(), set())
    for place, state in enumerate(states):
        scores = {"overall": 0.5} if state is RunState.COMPLETE else None
        history.enter(PastTrial(2 * place, "A", {}, 1, place, state, scores))
    # Those that are not known may be another driver's, which has not written them yet.
    assert (history.end, history.unfinished, history.failed) == (9, {1, 3, 5, 6, 7, 8}, {4})
    history.enter(PastTrial(4, "A", {}, 1, 2, RunState.QUEUED, None))
    history.enter(PastTrial(6, "A", {}, 1, 3, RunState.FAILED, None))
    history.enter(PastTrial(7, "A", {}, 1, 9, RunState.COMPLETE, {"overall": 0.1}))
    assert (history.end, history.unfinished, history.failed) == (9, {1, 3, 4, 5, 8}, {6})


@pytest.mark.parametrize("sampler", QUICK)
def test_a_proposal_is_the_same_from_a_history_that_grew_and_from_a_list(sampler: str) -> None:
    """Several workers, trials that are pruned, fail or are done again, an arm and a seed that are added."""
    random = Random(sampler)  # noqa: S311
    more: dict[str, Any] = {} if sampler == "grid" else {"enqueue": [{"warmup": 0.5}]}
    a_study = study(sampler, seeds=(1,), arms={"A": {}, "B": {"weight_decay": 0.1}}, **more)
    grown, known = History.of(a_study), dict[int, PastTrial]()
    for number in range(60):
        if number == 25:
            a_study = study(sampler, **more)
        trial = propose(a_study, number, grown)
        assert trial is not None
        assert trial == propose(a_study, number, list(known.values()))
        place = trial.arm, trial.params, trial.seed, trial.configuration
        known[number] = PastTrial(number, *place, RunState.QUEUED, None)
        for past in list(known.values()):
            if past.state not in {RunState.COMPLETE, RunState.PRUNED} and random.random() < 0.3:
                scores = {name: random.random() for name in ("overall", "sst", "para")}
                state = random.choice(OUTCOMES)
                done = state is RunState.COMPLETE
                known[past.number] = replace(past, state=state, scores=scores if done else None)
        for past in known.values():
            grown.enter(past)
