"""A trial that trains some of its workload's tasks alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from model.config import TrainConfig
from model.predictions import read_predictions
from model.result import TRAINED, Metric
from model.trainer import train
from tests.model_tests.made import DEMO, TINY, assert_resumes, config, metrics, same, weights

WRITTEN = {name: task.model_dump() | {"dev_rows": 24} for name, task in DEMO.items()}
SMALL: dict[str, Any] = {"epochs": 2, "encoder": TINY, "train_sample": 8}


@pytest.mark.parametrize("more", [{}, {"sampling": "square_root"}, {"smart": {"enabled": True}}], ids=str)
@pytest.mark.parametrize("alone", [("sst",), ("para",), ("sts",), ("sst", "sts")], ids="+".join)
def test_it_is_bit_for_bit_that_of_a_workload_without_the_others(
    alone: tuple[str, ...], more: dict[str, Any], cache: Path, tmp_path: Path
) -> None:
    part = config(**SMALL, **more, tasks=WRITTEN, train_tasks=alone)
    whole = config(**SMALL, **more, tasks={name: WRITTEN[name] for name in alone})
    found = list(train(part, tmp_path / "part", data=None, cache=cache))
    expected = list(train(whole, tmp_path / "whole", data=None, cache=cache))

    def renamed(metric: Metric) -> Metric:
        called = TRAINED if metric.task == "overall" else metric.task
        return Metric(metric.split, called, TRAINED if called == TRAINED else metric.name, metric.value)

    assert metrics(found) == [tuple(map(renamed, each)) for each in metrics(expected)]
    assert same(weights(tmp_path / "part", 2), weights(tmp_path / "whole", 2))
    assert [one.overall for one in found] == [None, None]
    assert [one.judged for one in found] == [one.overall for one in expected]
    assert [one.objective for one in found] == [TRAINED, TRAINED]
    assert [one.best for one in found] == [one.best for one in expected]
    assert [one.tokens for one in found] == [one.tokens for one in expected]
    assert [*found[0].dev_scores()] == [*alone]
    kept = read_predictions(tmp_path / "part" / "predictions.npz")
    assert kept is not None
    assert {*kept} == {*alone}


def test_its_mean_is_that_of_the_formula(cache: Path, tmp_path: Path) -> None:
    weighted = {"weights": {"sst": 3.0, "para": 5.0}}
    given = config(**SMALL, tasks=WRITTEN, train_tasks=["sts", "sst"], overall=weighted)
    [first, _] = train(given, tmp_path, data=None, cache=cache)
    dev = first.dev_scores()
    assert first.judged == pytest.approx((3 * dev["sst"] + (dev["sts"] + 1) / 2) / 4, abs=1e-12)


def test_it_resumes_bit_for_bit(cache: Path, tmp_path: Path) -> None:
    assert_resumes(config(**SMALL, tasks=WRITTEN, train_tasks=["para", "sts"]), tmp_path, cache)


def test_to_name_all_tasks_is_to_train_as_without(cache: Path, tmp_path: Path) -> None:
    every = list(
        train(config(**SMALL, tasks=WRITTEN, train_tasks=[*DEMO]), tmp_path / "a", data=None, cache=cache)
    )
    without = list(train(config(**SMALL, tasks=WRITTEN), tmp_path / "b", data=None, cache=cache))
    assert metrics(every) == metrics(without)
    assert every[0].overall == without[0].overall


def test_a_checkpoint_of_all_tasks_is_not_gone_on_from(cache: Path, tmp_path: Path) -> None:
    list(train(config(**SMALL, tasks=WRITTEN), tmp_path, data=None, cache=cache))
    torch.manual_seed(0)
    with pytest.raises(Exception, match="belongs to other data"):
        list(train(config(**SMALL, tasks=WRITTEN, train_tasks=["sst"]), tmp_path, data=None, cache=cache))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"train_tasks": []}, "at least 1"),
        (
            {"train_tasks": ["sst", "stt"]},
            r"train_tasks names \['stt'\]; the tasks are \['sst', 'para', 'sts'\]",
        ),
        ({"train_tasks": ["sst", "sst"]}, r"train_tasks names \['sst'\] more than once"),
        ({"train_tasks": ["sst"], "gradient": "pcgrad"}, "gradient pcgrad is between tasks, and train_tasks"),
        ({"train_tasks": ["sts"], "balance": "uncertainty"}, "leaves one, sts"),
        ({"train_tasks": ["sst"], "overall": {"weights": {"sst": 0}}}, "overall.weights counts none"),
        (
            {"train_tasks": ["para"], "smart": {"enabled": True, "tasks": ["sst", "sts"]}},
            "train_tasks leaves none to regularise",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        config(**settings)


def test_of_what_is_left_out_nothing_is_asked() -> None:
    cosent = {**WRITTEN, "sts": WRITTEN["sts"] | {"loss": "cosent"}}
    assert config(tasks=cosent, train_tasks=["sst", "para"], accumulation=2).whole_batches == []
    two = config(train_tasks=["sst", "para"], gradient="pcgrad", balance="uncertainty")
    assert [*two.of_trained().tasks] == ["sst", "para"]
    smart = config(train_tasks=["sst"], smart={"enabled": True, "tasks": ["sst", "sts"]})
    assert smart.of_trained().smart.tasks == ("sst",)
    assert smart.of_trained().of_trained() == smart.of_trained()


def test_it_enters_the_fingerprint_where_it_is_set() -> None:
    found = [config(train_tasks=tasks).fingerprint() for tasks in (None, ["sst"], ["para"])]
    assert len({*found}) == 3
    assert found[0] == TrainConfig.model_validate(config().model_dump(exclude={"train_tasks"})).fingerprint()
