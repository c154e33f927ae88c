"""A trial looked at from Python: what is recorded of it, what it predicts, its model."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

import sweeper
from model.config import TrainConfig
from model.data.rows import check
from model.errors import DataError
from model.predictions import read_predictions
from sweeper.errors import InputError
from tests.sweeper_tests.typed import exit_code


def test_it_has_what_is_recorded(opened: sweeper.OpenStudy) -> None:
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection:
        row = connection.execute(
            "SELECT number, arm, seed, scores, config FROM run "
            "ORDER BY json_extract(scores, '$.overall') DESC, number LIMIT 1"
        ).fetchone()
    best = opened.best()
    assert (best.number, best.arm, best.seed, best.scores, best.config) == (
        *row[:3], json.loads(row[3]), json.loads(row[4])
    )  # fmt: skip
    assert best.params == {"dropout": 0.1}
    assert repr(best).startswith(f"poolings@tiny trial {best.number}, arm {best.arm}, seed {best.seed}: ")
    assert opened.best("Mean").arm == "Mean"
    number = opened.trials["number"].iloc[1]  # a NumPy integer
    assert (opened.trial(number).number, opened.trial(number).row.number) == (1, 1)


def test_dev_rows_get_their_stored_predictions_bit_for_bit(opened: sweeper.OpenStudy) -> None:
    best = opened.best()
    stored = read_predictions(Path(f".sweeper/runs/poolings@tiny/{best.number}/predictions.npz"))
    assert stored is not None
    for task, columns in (("sst", ["sentence"]), ("sts", ["sentence1", "sentence2"])):
        rows = _dev_rows(best, task, columns)
        found = best.predict(rows, task)
        assert len(found) == len(stored[task].predicted)
        if task == "sst":
            assert found["prediction"].tolist() == [str(int(value)) for value in stored[task].predicted]
        else:
            assert found["prediction"].tolist() == stored[task].predicted.tolist()


def _dev_rows(trial: sweeper.OpenTrial, task: str, columns: list[str]) -> pd.DataFrame:
    rows = check(TrainConfig.model_validate(trial.config), None)[task]["dev"]
    return pd.DataFrame(dict(zip(columns, rows.texts, strict=True)))


def test_rows_as_the_command_predicts_them(opened: sweeper.OpenStudy, tmp_path: Path) -> None:
    rows = [
        {"sentence1": "a cat sat", "sentence2": "a dog ran", "is_duplicate": 1},
        {"sentence1": "why is it so", "sentence2": None, "is_duplicate": 0},
        {"sentence1": 'a film, "quoted"\tand more', "sentence2": "x", "is_duplicate": 0},
    ]
    found = opened.trial(0).predict(rows, "para")
    file, out = tmp_path / "rows.jsonl", tmp_path / "out.csv"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert exit_code(
        "predict", "poolings", "--trial", "0", "--task", "para", "--input", str(file), "--output", str(out)
    ) == 0  # fmt: skip
    with out.open(newline="") as lines:
        typed = list(csv.DictReader(lines))
    assert found.columns.tolist() == [*typed[0]]
    assert found["id"].tolist() == ["1", "2", "3"]
    for mine, theirs in zip(found.to_dict("records"), typed, strict=True):
        assert {name: "" if pd.isna(value) else str(value) for name, value in mine.items()} == theirs
    # A frame says the same, whatever its index.
    frame = pd.DataFrame(rows, index=[7, 7, 9])
    pd.testing.assert_frame_equal(opened.trial(0).predict(frame, "para"), found)


def test_ids_come_back_as_they_are_and_no_rows_have_no_answers(opened: sweeper.OpenStudy) -> None:
    trial = opened.trial(0)
    ids = [5, None, 7]
    found = trial.predict(pd.DataFrame({"id": ids, "sentence": ["a film", "a plot", "a turn"]}))
    assert found["id"].tolist() == ["5", "2", "7"]
    for empty in (trial.predict([], "sst"), trial.predict(pd.DataFrame({"sentence": []}))):
        pd.testing.assert_frame_equal(empty, found[:0], check_dtype=False)
    with pytest.raises(InputError, match="rows has the columns of no task"):
        trial.predict([])
    with pytest.raises(DataError, match="rows has no column 'sentence'; it has none"):
        trial.predict([{}], "sst")


def test_what_cannot_be_predicted_is_said(opened: sweeper.OpenStudy) -> None:
    trial = opened.trial(0)
    with pytest.raises(InputError, match="rows may be for each of para, sts"):
        trial.predict([{"sentence1": "a", "sentence2": "b"}])
    with pytest.raises(InputError, match="rows has the columns of no task"):
        trial.predict([{"text": "a"}])
    with pytest.raises(InputError, match="task 'nli': the tasks of the trial are sst, para, sts"):
        trial.predict([{"text": "a"}], "nli")
    for rows in (None, 5, "text", {"sentence": ["a"]}):
        with pytest.raises(InputError, match="must be a frame, or a list of mappings from columns to values"):
            trial.predict(rows)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="rows, row 1, column 'sentence': 3 is no text"):
        trial.predict([{"sentence": 3}])
    with pytest.raises(InputError, match="none of its 1 rows has a text"):
        trial.predict([{"sentence": " "}])


def test_its_model_is_that_of_the_command(opened: sweeper.OpenStudy, tmp_path: Path) -> None:
    scores = opened.best().export(tmp_path / "mine")
    assert exit_code("best", "poolings", "--export", str(tmp_path / "typed")) == 0
    assert scores["overall"] == pytest.approx(opened.best().scores["overall"], abs=1e-6)
    for name in ("model.safetensors", "heads.safetensors", "heads.json"):
        assert (tmp_path / "mine" / name).read_bytes() == (tmp_path / "typed" / name).read_bytes()
