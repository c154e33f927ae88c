"""Rows of a CSV file as trials, compared with what pandas reads there, and what is refused."""

import csv
import math
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sweeper.errors import InputError
from sweeper.store.imports.declared import Declared
from sweeper.store.imports.table import read_csv, read_moment, read_value, table_study
from sweeper.trial import RunState

PARAMETERS = {"lr": "learning_rate", "batch": "batch_size", "pool": "encoder.pooling", "note": "note"}


def test_counts_values_and_directions_are_those_of_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "run": [f"run {place}" for place in range(200)],
            "lr": 10 ** rng.uniform(-6, -2, 200),
            "batch": rng.choice([8, 16], 200),
            "pool": rng.choice(["mean", "cls"], 200),
            "note": ['with "quotes", and a\nline', "ü"] * 100,
            "acc": np.where(rng.random(200) < 0.1, np.nan, rng.random(200)),
            "loss": rng.normal(size=200) * 1e-9,
            "how": rng.choice(["finished", "FAILED", "killed", "running", "queued"], 200),
        }
    )
    frame.to_csv(tmp_path / "trials.csv", index=False)
    declared = Declared(["acc"], ["loss"], PARAMETERS, "how", "run")
    found = table_study(read_csv(tmp_path / "trials.csv"), declared)
    assert found.origin.objectives == ("acc", "loss")
    assert found.origin.directions == ("maximize", "minimize")
    assert [trial.label for trial in found.trials] == frame["run"].tolist()
    complete = (frame["how"] == "finished") & frame["acc"].notna()
    assert [trial.number for trial in found.complete] == frame.index[complete].tolist()
    assert sum(trial.state is RunState.PRUNED for trial in found.trials) == (frame["how"] == "killed").sum()
    assert (
        sum(trial.state is RunState.FAILED for trial in found.trials)
        == ((frame["how"] == "FAILED") | ((frame["how"] == "finished") & frame["acc"].isna())).sum()
    )
    for trial, row in zip(found.trials, frame.to_dict("records"), strict=True):
        assert trial.params == {PARAMETERS[name]: row[name] for name in PARAMETERS}
        assert trial.values == {name: row[name] for name in ("acc", "loss") if row[name] == row[name]}
    best = frame[complete].sort_values(["acc", "loss"], ascending=[False, True])
    assert [trial.number for trial in found.ranked()] == best.index.tolist()


def test_without_a_state_a_row_with_all_values_is_complete(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n,3\nnan,4\n5,\n", encoding="utf-8-sig")
    found = table_study(read_csv(tmp_path / "t.csv"), Declared(["a"], (), {"b": "b"}))
    assert [str(trial.state) for trial in found.trials] == ["complete", "failed", "failed", "complete"]
    assert [trial.label for trial in found.trials] == ["row 1", "row 2", "row 3", "row 4"]
    assert [dict(trial.params) for trial in found.trials] == [{"b": 2}, {"b": 3}, {"b": 4}, {}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("8", 8),
            ("-1", -1),
            ("1e-5", 1e-5),
            (".5", 0.5),
            ("True", True),
            ("false", False),
            ("mean", "mean"),
        ),
        *(
            ("", None),
            ("NaN", None),
            ("None", None),
            ("inf", "inf"),
            ("1_0", "1_0"),
            ("٣", "٣"),
            ("0x1", "0x1"),
            ("9" * 400, "9" * 400),
        ),
    ],
)
def test_what_a_cell_says(text: str, value: object) -> None:
    found = read_value(text)
    assert (found, type(found)) == (value, type(value))


def test_none_is_a_value_of_a_setting_that_has_that_word(tmp_path: Path) -> None:
    file = tmp_path / "trials.csv"
    file.write_text("acc,average,decay\n.5,none,none\n.6,ema,.9\n.7,None,\n")
    parameters = {"average": "average.name", "decay": "average.decay"}
    found = table_study(read_csv(file), Declared(maximize=["acc"], parameters=parameters))
    assert [trial.params for trial in found.trials] == [
        {"average.name": "none"},
        {"average.name": "ema", "average.decay": 0.9},
        {},
    ]


def test_a_cell_may_be_as_long_as_the_file(tmp_path: Path) -> None:
    before = csv.field_size_limit(131_072)
    (tmp_path / "t.csv").write_text(f'a,b\n1,"{"x" * 300_000}"\n', encoding="utf-8")
    try:
        found = table_study(read_csv(tmp_path / "t.csv"), Declared(["a"], (), {"b": "b"}))
    finally:
        csv.field_size_limit(before)
    assert [len(str(trial.params["b"])) for trial in found.trials] == [300_000]


def test_what_is_no_number_has_no_sign_either(tmp_path: Path) -> None:
    """As C prints it; it would be the best of all by one order and the worst by another."""
    (tmp_path / "t.csv").write_text("a\n-nan\n1\n+NaN\n2\n", encoding="utf-8")
    found = table_study(read_csv(tmp_path / "t.csv"), Declared(["a"]))
    assert [str(trial.state) for trial in found.trials] == ["failed", "complete", "failed", "complete"]
    assert [dict(trial.values) for trial in found.ranked()] == [{"a": 2}, {"a": 1}]


def test_what_is_infinitely_good_is_no_score_and_what_diverged_is_the_last(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1e400\n1\n-inf\n", encoding="utf-8")
    largest = sys.float_info.max  # as MLflow keeps it
    (tmp_path / "m.csv").write_text(f"a\n{largest}\n1\n-{largest}\n", encoding="utf-8")
    for declared, sign in ((Declared(["a"]), -1), (Declared((), ["a"]), 1)):
        for file, worst in (("t.csv", math.inf), ("m.csv", largest)):
            found = table_study(read_csv(tmp_path / file), declared)
            assert [trial.values["a"] for trial in found.ranked()] == [1, sign * worst]


def test_a_moment_is_utc_where_it_names_no_zone() -> None:
    assert read_moment("2026-01-02 03:04:05.5", "x") == datetime(2026, 1, 2, 3, 4, 5, 500000, UTC)
    assert read_moment("2026-01-02T03:04:05+02:00", "x") == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert read_moment("NaT", "x") is None
    with pytest.raises(InputError, match=r"f.csv:3: start = soon: is no moment"):
        read_moment("soon", "f.csv:3: start")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,a\n1,2\n", "column 'a' is there twice"),
        (b"a,b\n1\n", r"t.csv:2: has 1 cells, the header 2"),
        (b'a,b\n1,"2\n', "is no CSV"),
        (b"a,b\n1,\xff\n", "is not in UTF-8"),
        (b"c,b\n1,2\n", "there is no column 'a'"),
        (b"a,b\n", r"t.csv: has a header and no trial below it"),
        (b"a,b\n1,2\n\nyes,2\n", r"t.csv:4: a = yes: is no number"),
        (b"a,b\n1_0,2\n", r"t.csv:2: a = 1_0: is no number"),
    ],
)
def test_a_file_that_is_wrong_is_one_error(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=said):
        table_study(read_csv(tmp_path / "t.csv"), Declared(["a"]))


def test_a_state_that_is_not_known_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,how\n1,finished\n2,gone\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"t.csv:3: how = gone: is no state: complete, "):
        table_study(read_csv(tmp_path / "t.csv"), Declared(["a"], state="how"))
    with pytest.raises(InputError, match=r"none.csv: cannot be read"):
        read_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "name at least one objective"),
        ({"maximize": ["a"], "minimize": ["a"]}, "objective 'a' is named twice"),
        ({"maximize": ["a"], "parameters": {"b": "x", "c": "x"}}, "two parameters cannot both be called 'x'"),
    ],
)
def test_what_contradicts_itself_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Declared(**given)  # type: ignore[arg-type]


def test_a_column_is_one_thing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for declared in (Declared(["a"], parameters={"a": "x"}), Declared(["a"], state="b", label="b")):
        with pytest.raises(InputError, match=r"t.csv: column '[ab]' cannot be two things at once"):
            table_study(read_csv(tmp_path / "t.csv"), declared)
