"""Exports of Weights & Biases: of a page, and as the example of its public API writes them."""

from pathlib import Path

import pandas as pd
import pytest

from sweeper.errors import InputError
from sweeper.store.imports.declared import Declared
from sweeper.store.imports.table import read_csv
from sweeper.store.imports.wandb import wandb_study

RUNS = [
    (
        "calm-sea-1",
        "finished",
        {"lr": 1e-4, "encoder": {"pooling": "mean"}},
        {"acc": 0.5, "best": {"loss": 1.5}},
    ),
    (
        "red-sun-2",
        "crashed",
        {"lr": 1e-3, "encoder": {"pooling": "cls"}},
        {"acc": 0.6, "best": {"loss": 1.25}},
    ),
    (
        "far-hill-3",
        "finished",
        {"lr": 1e-2, "layers": 3},
        {"acc": float("nan"), "best": {"loss": float("inf")}},
    ),
    ("old-oak-4", "finished", {"lr": 0.1, "tags": ["a"]}, {"acc": 0.25, "_runtime": 12.5}),
]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "summary": [summary for *_, summary in RUNS],
            "config": [config | {"_wandb": {"x": 1}} for _, _, config, _ in RUNS],
            "name": [name for name, *_ in RUNS],
            "state": [state for _, state, *_ in RUNS],
        }
    )


def test_an_export_by_the_api(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "project.csv")
    found = wandb_study(read_csv(tmp_path / "project.csv"), Declared(["acc"]))
    assert found.origin.kind == "Weights & Biases"
    assert [trial.label for trial in found.trials] == [name for name, *_ in RUNS]
    assert [str(trial.state) for trial in found.trials] == ["complete", "failed", "failed", "complete"]
    assert [dict(trial.values) for trial in found.trials] == [{"acc": 0.5}, {"acc": 0.6}, {}, {"acc": 0.25}]
    assert [dict(trial.params) for trial in found.trials] == [
        {"lr": 1e-4, "encoder.pooling": "mean"},
        {"lr": 1e-3, "encoder.pooling": "cls"},
        {"lr": 1e-2, "layers": 3},
        {"lr": 0.1},
    ]
    declared = Declared((), ["best.loss"], {"lr": "learning_rate"})
    lower = wandb_study(read_csv(tmp_path / "project.csv"), declared)
    assert [trial.label for trial in lower.ranked()] == ["calm-sea-1", "far-hill-3"]
    assert lower.trials[2].values == {"best.loss": float("inf")}
    assert dict(lower.trials[0].params) == {"learning_rate": 1e-4}


def test_an_export_of_a_page(tmp_path: Path) -> None:
    rows = [
        {"Name": name, "State": state, "Runtime": 12, "lr": config["lr"], "acc": summary["acc"]}
        for name, state, config, summary in RUNS
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "page.csv", index=False)
    declared = Declared(["acc"], (), {"lr": "learning_rate"})
    found = wandb_study(read_csv(tmp_path / "page.csv"), declared)
    assert [trial.label for trial in found.trials] == [name for name, *_ in RUNS]
    assert [str(trial.state) for trial in found.trials] == ["complete", "failed", "failed", "complete"]
    assert [trial.params["learning_rate"] for trial in found.trials] == [1e-4, 1e-3, 1e-2, 0.1]


@pytest.mark.parametrize(
    "text",
    [
        *("__import__('os').getpid()", "[1]", "{'a': f()}", "{", "{'a': open}", "{[1]: 2}"),
        pytest.param(f"{{'a': -0x{5000 * 'F'}}}", id="too long to be written"),
    ],
)
def test_what_is_no_dictionary_is_refused_and_never_run(tmp_path: Path, text: str) -> None:
    table = pd.DataFrame({"summary": [text], "config": ["{}"], "name": ["a"]})
    table.to_csv(tmp_path / "project.csv")
    with pytest.raises(InputError, match=r"project.csv:2: summary = .*: is no dictionary"):
        wandb_study(read_csv(tmp_path / "project.csv"), Declared(["acc"]))


def test_a_setting_that_is_called_as_a_metric_or_a_column_is_none_of_them(tmp_path: Path) -> None:
    config = {"name": "bert", "loss": "mse", "lr": 0.1}
    row = {"summary": [{"loss": 0.25, "acc": 0.5}], "config": [config], "name": ["calm-sea-1"]}
    pd.DataFrame(row | {"state": ["finished"]}).to_csv(tmp_path / "project.csv")
    table = read_csv(tmp_path / "project.csv")
    (every,) = wandb_study(table, Declared((), ["loss"])).trials
    assert (every.label, every.values, every.params) == ("calm-sea-1", {"loss": 0.25}, config)
    (named,) = wandb_study(table, Declared(["acc"], (), {"name": "encoder", "loss": "loss"})).trials
    assert (named.label, named.params) == ("calm-sea-1", {"encoder": "bert", "loss": "mse"})
    (both,) = wandb_study(table, Declared((), ["loss"], {"loss": "sts_loss"})).trials
    assert (both.values, both.params) == ({"loss": 0.25}, {"sts_loss": "mse"})


def test_a_metric_is_not_the_setting_that_a_run_lacks(tmp_path: Path) -> None:
    """A learning rate that is logged step by step ends near zero; only some of the runs name it in config."""
    rows = {
        "summary": [{"acc": 0.5, "lr": 1e-9}, {"acc": 0.75, "lr": 1e-9}],
        "config": [{"lr": 0.1}, {}],
        "name": ["a", "b"],
        "state": ["finished", "preempted"],
    }
    pd.DataFrame(rows).to_csv(tmp_path / "project.csv")
    found = wandb_study(read_csv(tmp_path / "project.csv"), Declared(["acc"])).trials
    assert [(dict(trial.params), str(trial.state)) for trial in found] == [
        ({"lr": 0.1}, "complete"),
        ({}, "failed"),
    ]


def test_settings_called_name_and_state_are_not_those_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "page.csv"
    file.write_text('"Name","State","name","state","acc"\ncalm-sea-1,finished,bert,Ohio,.5\n')
    (trial,) = wandb_study(read_csv(file), Declared(["acc"])).trials
    assert (trial.label, str(trial.state)) == ("calm-sea-1", "complete")
