"""Which trial comes next: its number, arm, seed and configuration."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from sweeper.search.ending import end_of
from sweeper.search.propose import propose
from sweeper.study.samplers import SAMPLERS
from sweeper.trial import PastTrial, RunState
from tests.sweeper_tests.search.proposals import (
    BLIND,
    QUICK,
    SPACE,
    STARTUP,
    TESTED,
    overall,
    past,
    proposed,
    run,
    score,
    study,
)


def test_every_sampler_is_tested_here() -> None:
    assert sorted(SAMPLERS) == sorted(TESTED)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_arms_and_seeds_take_turns(sampler: str) -> None:
    history = run(study(sampler), 24)
    assert [trial.arm for trial in history] == ["A", "B", "C"] * 8
    assert [trial.seed for trial in history] == [1, 1, 1, 2, 2, 2] * 4
    for number in range(0, 24, 6):
        for arm in range(3):
            assert history[number + arm].params == history[number + arm + 3].params


def test_the_first_configurations_are_the_same_for_all_arms_and_differ_from_each_other() -> None:
    history = run(study(seeds=(1,)), 3 * STARTUP)
    groups = [[trial.params for trial in history[n : n + 3]] for n in range(0, 3 * STARTUP, 3)]
    assert all(group[0] == group[1] == group[2] for group in groups)
    assert len({json.dumps(group[0]) for group in groups}) == STARTUP


@pytest.mark.parametrize("sampler", TESTED)
def test_a_resumed_study_proposes_what_an_uninterrupted_one_does(sampler: str) -> None:
    a_study = study(sampler)
    history = run(a_study, 48)
    for number in (0, 7, 30, 41, 47):
        trial = proposed(a_study, number, [other for other in reversed(history) if other.number < number])
        assert past(trial, overall(history[number])) == history[number]


def test_a_trial_adopted_late_is_proposed_as_it_would_have_been() -> None:
    a_study = study(seeds=(1,))
    history = run(a_study, 45)
    trial = proposed(a_study, 30, [other for other in history if other.number != 30])
    assert trial.params == history[30].params


def test_a_first_seed_adopted_late_takes_the_values_of_its_replicate() -> None:
    a_study = study()
    history = run(a_study, 48)
    trial = proposed(a_study, 42, [*history[:42], history[45]])
    assert trial.params == history[45].params


@pytest.mark.parametrize("sampler", ["tpe", "qmc", "cma-es", "gp", "nsga2"])
def test_another_process_proposes_the_same(sampler: str) -> None:
    a_study = study(sampler)
    history = run(a_study, 40)
    program = """
import json, sys
from sweeper.trial import PastTrial, RunState
from sweeper.search.propose import propose
from sweeper.study.spec import StudySpec
from sweeper.study.workload import Workload
from sweeper.study.study import Study
given = json.load(sys.stdin)
study = Study(StudySpec.model_validate(given["study"]), Workload.model_validate(given["workload"]))
history = [PastTrial(**past | {"state": RunState(past["state"])}) for past in given["history"]]
print(json.dumps(propose(study, 40, history).params))
"""
    given = {
        "study": a_study.spec.model_dump(mode="json"),
        "workload": a_study.workload.model_dump(mode="json"),
        "history": [vars(trial) for trial in history],
    }
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    here = proposed(a_study, 40, history)
    assert json.loads(done.stdout) == here.params


@pytest.mark.parametrize("sampler", QUICK)
def test_an_added_arm_and_an_added_seed_catch_up_first(sampler: str) -> None:
    before = study(sampler, arms={"A": {}, "B": {"weight_decay": 0.1}}, seeds=(1,))
    after = study(sampler)
    history = run(after, 80, lambda trial: score(trial) * (-1 if trial.arm == "C" else 1), run(before, 24))
    places = [(trial.configuration, trial.arm, trial.seed) for trial in history]
    assert len(set(places)) == 80
    added = [(k, arm, seed) for k in range(12) for arm, seed in [("C", 1), ("A", 2), ("B", 2), ("C", 2)]]
    assert places[24:72] == added
    assert places[72:] == [(12, arm, seed) for seed in (1, 2) for arm in "ABC"] + [(13, "A", 1), (13, "B", 1)]
    params = {place: trial.params for place, trial in zip(places, history, strict=True)}
    assert all(params[k, arm, 1] == params[k, arm, 2] for k in range(13) for arm in "ABC")
    equal = [params[k, "A", 1] == params[k, "C", 1] for k in range(13)]
    assert all(equal[:STARTUP])
    assert all(equal) is (sampler in BLIND)


@pytest.mark.parametrize("sampler", QUICK)
def test_later_configurations_never_change_a_proposal(sampler: str) -> None:
    a_study = study(sampler, seeds=(1,))
    history = run(a_study, 54)
    for number in (4, 14, 21, 34):
        missing = history[number]
        without = [other for other in history if other.configuration != missing.configuration]
        later = [other for other in without if other.configuration > missing.configuration]
        gone = min(other.number for other in history if other.configuration == missing.configuration)
        first = proposed(a_study, gone, without)
        assert (first.arm, first.configuration) == ("A", missing.configuration)
        earlier = [other for other in without if other not in later]
        assert propose(a_study, gone, earlier) == first
        worse = [replace(other, scores=dict.fromkeys(("overall", "sst", "para"), -99.0)) for other in later]
        assert propose(a_study, gone, earlier + worse) == first


@pytest.mark.parametrize("sampler", QUICK)
def test_drivers_that_propose_at_once_propose_for_different_places(sampler: str) -> None:
    a_study = study(sampler)
    history = run(a_study, 40)
    places = [(other.arm, other.seed, other.configuration) for other in history]
    for known in (0, 7, 21):
        at_once = [propose(a_study, number, history[:known]) for number in range(known, 40)]
        assert [(one.arm, one.seed, one.configuration) for one in at_once if one] == places[known:]
        # Whatever another driver has added meanwhile, and whoever goes on with the number of a dead one.
        for number, added in ((known + 3, known + 1), (known + 2, known + 9)):
            one = proposed(a_study, number, [*history[:known], history[added]])
            assert (one.arm, one.seed, one.configuration) == places[number]


def test_a_grid_with_an_added_choice_visits_only_the_new_cells() -> None:
    arms = {"A": {}, "B": {"weight_decay": 0.1}}
    small = study("grid", {"dropout": [0.1, 0.3], "sts_loss": ["mse", "ce"]}, arms, (1,))
    large = study("grid", {"dropout": [0.1, 0.2, 0.3], "sts_loss": ["mse", "ce"]}, arms, (1,))
    history = run(small, 7, lambda trial: 0.0)
    while (trial := propose(large, len(history), history)) is not None:
        history.append(past(trial, 0.0))
    assert len(history) == 12
    assert len({(trial.arm, *trial.params.values()) for trial in history}) == 12
    assert history[7].params == history[6].params
    assert [trial.params["dropout"] for trial in history[8:]] == [0.2] * 4


def test_a_drawn_configuration_follows_what_another_arm_recorded() -> None:
    """Arms stay comparable when a range was widened between two of them."""
    narrow = study(seeds=(1,))
    wide = study(space=SPACE | {"learning_rate": {"low": 1e-6, "high": 1e-1, "log": True}}, seeds=(1,))
    history = run(narrow, 4)
    trial, fresh = proposed(wide, 4, history), proposed(wide, 4, history[:3])
    assert trial.params == history[3].params
    assert (fresh.configuration, fresh.params != history[3].params) == (1, True)


def test_the_sampler_seed_changes_the_proposals() -> None:
    first, second = (proposed(study(sampler_seed=seed), 0, []) for seed in (1, 2))
    assert first.params != second.params


def test_a_grid_visits_every_cell_once_per_arm_and_seed_and_ends() -> None:
    space = {
        "dropout": {"low": 0.1, "high": 0.3, "step": 0.1},
        "sts_loss": ["mse", "ce"],
        "epochs": {"low": 1, "high": 2},
    }
    a_study = study("grid", space)
    end = end_of(a_study)
    assert end is not None
    assert end.trials == 3 * 2 * 2 * 3 * 2
    history: list[PastTrial] = []
    for number in count():
        trial = propose(a_study, number, history)
        if trial is None:
            break
        history.append(past(trial, 0.0))
    seen = {(t.arm, t.seed, *t.params.values()) for t in history}
    assert seen == {
        (arm, seed, dropout, loss, epochs)
        for arm in "ABC"
        for seed in (1, 2)
        for dropout in (0.1, 0.2, 0.3)
        for loss in ("mse", "ce")
        for epochs in (1, 2)
    }
    assert len(history) == len(seen) == 72


def test_without_a_space_each_arm_runs_once_per_seed() -> None:
    a_study = study(space={})
    end = end_of(a_study)
    assert end is not None
    assert end.trials == 6
    history = run(a_study, 6, lambda trial: 0.0)
    assert [(t.arm, t.seed, t.params) for t in history] == [
        (arm, seed, {}) for seed in (1, 2) for arm in ("A", "B", "C")
    ]
    assert propose(a_study, 6, history) is None


def test_other_samplers_never_end() -> None:
    assert end_of(study("tpe")) is None
    assert end_of(study("random")) is None


def test_enqueued_configurations_come_first_in_every_arm_and_seed() -> None:
    enqueue = [{"dropout": 0.3, "warmup": 1}, {}, {"sts_loss": "ce", "max_grad_norm": None}]
    a_study = study(enqueue=enqueue)
    history = run(a_study, 3 * 6)
    drawn = run(study(), 3 * 6)
    for one, other in zip(history, drawn, strict=True):
        assert one.params == other.params | enqueue[one.configuration]
    assert type(history[0].params["warmup"]) is float


@pytest.mark.parametrize(("done", "expected"), [(9, "333"), (10, "444"), (18, "666"), (37, "dcc")])
def test_a_configuration_enqueued_late_is_the_next_one_of_every_arm(done: int, expected: str) -> None:
    """The same one as long as arms are drawn alike; later each arm has it as soon as it can."""
    enqueue = [{"dropout": 0.3, "warmup": 0.5}]
    late = {"dropout": 0.1, "sts_loss": "ce", "warmup": 0.25}
    history = run(study(seeds=(1,), enqueue=enqueue), done)
    history = run(study(seeds=(1,), enqueue=[*enqueue, late]), done + 9, begun=history)
    places = [(one.arm, one.configuration) for one in history if late.items() <= one.params.items()]
    assert sorted(places) == [(arm, int(place, 16)) for arm, place in zip("ABC", expected, strict=True)]


def test_a_sequence_gives_no_point_twice_where_one_is_enqueued_already() -> None:
    space = {"dropout": {"low": 0.0, "high": 0.5}, "warmup": {"low": 0.0, "high": 1.0}}
    points = [trial.params for trial in run(study("qmc", space, seeds=(1,)), 36, lambda trial: 0.0)[::3]]
    queue = [dict(points[place]) for place in (2, 5, 7)]
    history = run(study("qmc", space, seeds=(1,), enqueue=queue), 30, lambda trial: 0.0)
    # The fifth and seventh point are enqueued: those after them move up, each once.
    expected = [*queue, points[3], points[4], points[6], *points[8:12]]
    for arm in range(3):
        assert [dict(trial.params) for trial in history[arm::3]] == expected


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc"])
def test_what_is_enqueued_twice_is_tried_once_unless_something_is_left_to_draw(sampler: str) -> None:
    space = {"dropout": {"low": 0.0, "high": 0.5}, "warmup": {"low": 0.0, "high": 1.0}}
    whole, part = {"dropout": 0.25, "warmup": 0.5}, {"dropout": 0.125}
    a_study = study(sampler, space, {"A": {}}, (1,), enqueue=[whole, part, whole, part])
    found = [dict(trial.params) for trial in run(a_study, 6, lambda trial: 0.0)]
    assert found[0] == whole
    assert [one["dropout"] for one in found[1:3]] == [0.125, 0.125]
    assert len({json.dumps(one) for one in found}) == 6


@pytest.mark.parametrize("sampler", ["tpe", "qmc"])
def test_what_is_enqueued_is_tried_once_in_whichever_spelling(sampler: str) -> None:
    """Versions up to 1.0.0 took over and recorded 0.1 + 2 * 0.1 where 0.3 is read."""
    space = {"dropout": {"low": 0.1, "high": 0.5, "step": 0.1}, "warmup": {"low": 0.0, "high": 1.0}}
    whole = {"dropout": 0.1 + 2 * 0.1, "warmup": 0.5}
    a_study = study(sampler, space, {"A": {}}, (1,), enqueue=[whole])
    begun = [PastTrial(0, "A", whole, 1, 0, RunState.COMPLETE, {"overall": 0.0})]
    found = run(a_study, 4, lambda trial: 0.0, begun)
    assert sum(one.params["warmup"] == 0.5 for one in found) == 1
