"""`sweeper import`: what is taken over, by its name and mark, through every command that may see it."""

import csv
import json
from pathlib import Path

import optuna
import pytest

from tests.sweeper_tests.typed import STUDY, Command, refused, write

ROWS = "lr,acc,how\n1e-3,.5,finished\n2e-3,.75,finished\n3e-3,,failed\n"
CSV = (
    "import",
    "csv",
    "theirs.csv",
    "--maximize",
    "acc",
    "--state",
    "how",
    "--parameter",
    "lr=learning_rate",
)


def test_rows_of_a_file_are_listed_shown_and_reported_with_their_mark(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", ROWS)
    said = sweeper(*CSV)
    assert said.out == "theirs@imported: 3 trials, 2 complete; imported from CSV, theirs.csv\n"
    assert "\ntheirs@imported: 3 trials, 2 complete; imported from CSV" in sweeper("list").out
    (listed,) = json.loads(sweeper("list", "--json").out)["begun"]
    assert {name: listed[name] for name in ("study", "wanted", "complete", "failed", "best", "arms")} == {
        **{"study": "theirs@imported", "wanted": 3, "complete": 2, "failed": 1, "best": None, "arms": {}}
    }
    assert listed["origin"]["directions"] == ["maximize"]
    shown = sweeper("show", "theirs").out
    assert "best: trial 1 (row 2): acc 0.75; learning_rate 2e-3" in shown
    assert "imported: 3 trials, imported from CSV, theirs.csv" in shown
    assert sweeper("show", "theirs", "2").out.startswith(
        "theirs@imported trial 2: failed, imported; called row 3"
    )
    assert json.loads(sweeper("show", "theirs", "1", "--json").out)["values"] == {"acc": 0.75}
    assert "has no trial 3; its trials are 0 to 2" in refused(sweeper, "show", "theirs", "3")
    said = sweeper("report", "theirs")
    assert said.out.startswith("Warning: Imported: no trial here was made by sweeper.")
    assert said.out.endswith("Report: reports/theirs@imported/tables.md\n")
    with Path("reports/theirs@imported/trials.csv").open(encoding="utf-8", newline="") as file:
        assert [row["values.acc"] for row in csv.DictReader(file)] == ["0.5", "0.75", ""]
    said = sweeper("status", "theirs").out.splitlines()
    assert said[0] == "theirs@imported: 3 trials, 2 complete; imported from CSV, theirs.csv"
    assert "  best: trial 1 (row 2): acc 0.75; learning_rate 2e-3" in said
    assert [line for line in said if "no trial here was made by sweeper" in line]
    assert said[-1] == "  trial 2 (row 3): failed"
    standing = json.loads(sweeper("status", "theirs", "--json").out)
    assert [trial["values"] for trial in standing["trials"]] == [{"acc": 0.5}, {"acc": 0.75}, {}]
    assert standing["origin"] == standing["trials"][0]["origin"] == listed["origin"]
    said = sweeper("export", "theirs", "--trials", "theirs-all.csv")
    assert said.out == "3 trials, imported from CSV, theirs.csv: theirs-all.csv\n"
    with Path("theirs-all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["origin"], row["values.acc"]) for row in rows] == [
        ("imported from CSV, theirs.csv", value) for value in ("0.5", "0.75", "")
    ]
    for command in ("resume", "retry", "confirm", "best", "clean", "diff theirs 0 1"):
        words = command.split() if " " in command else [command, "theirs"]
        assert "was imported, and no trial of it was made here" in refused(sweeper, *words)
    assert refused(sweeper, *CSV) == (
        f"Error: sqlite:///{folder}/.sweeper/studies.db: has a study 'theirs@imported' already; nothing was "
        "imported\n"
    )
    assert sweeper("rename", "theirs", "others").code == 0
    assert sweeper("archive", "others").code == 0
    assert sweeper("delete", "others", "--yes").out == "Deleted others@imported: 3 imported trials\n"
    assert sweeper(*CSV).code == 0


def test_own_trials_are_reported_beside_them_and_ranked_without(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", ROWS)
    assert sweeper(*CSV).code == 0
    assert sweeper("run", "mine", "--executor", "inline", "--trials", "2").code == 0
    assert sweeper("status").out.startswith("mine@small")  # the latest of one's own
    assert sweeper("report", "mine").code == 0
    alone = json.loads(Path("reports/mine@small/tables.json").read_text(encoding="utf-8"))
    assert sweeper("report", "mine", "--beside", "theirs").code == 0
    beside = json.loads(Path("reports/mine@small/tables.json").read_text(encoding="utf-8"))
    *own, imported = beside["tables"]
    assert own == alone["tables"]
    assert beside["summary"] == alone["summary"]
    assert imported["key"] == "imported"
    assert "not ranked" in imported["title"]
    assert [cell["text"] for cell in imported["rows"][0]] == [
        *("theirs@imported", "imported from CSV, theirs.csv", "2 of 3"),
        *("acc", "maximize", "0.75", "learning_rate 2e-3"),
    ]
    assert "not ranked with the trials of this one" in Path("reports/mine@small/index.html").read_text(
        "utf-8"
    )
    assert "was not imported: it has a report of its own" in refused(
        sweeper, "report", "mine", "--beside", "mine"
    )


def test_a_study_begins_with_the_best_of_them(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", ROWS)
    assert sweeper(*CSV).code == 0
    write(folder / "studies/mine.yaml", f"warm_start: {{studies: [theirs], top: 2}}\n{STUDY}")
    said = sweeper("run", "mine", "--executor", "inline", "--trials", "4")
    assert said.code == 0
    assert "mine@small: theirs@imported was not made here; its best are those by acc (maximize)" in said.out
    assert "warm start with 2 configurations that did best in theirs" in said.out
    assert sweeper("export", "mine", "--trials", "all.json").code == 0
    rates = [row["params.learning_rate"] for row in json.loads(Path("all.json").read_text(encoding="utf-8"))]
    assert rates == [2e-3, 2e-3, 1e-3, 1e-3]


def test_a_study_of_optuna_is_taken_over_by_its_name(sweeper: Command, folder: Path) -> None:
    url = f"sqlite:///{folder}/example.db"
    theirs = optuna.create_study(storage=url, study_name="ours", direction="minimize")
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1) ** 2, n_trials=3)
    said = sweeper("import", "optuna", url, "ours")
    assert said.out == (
        f"ours@imported: 3 trials, 3 complete; imported from Optuna, 'ours' of {url}\n"
        "No settings here, and no help to a warm start: x\n"
    )
    assert f"best: trial {theirs.best_trial.number} " in sweeper("show", "ours").out
    assert "objectives: value (minimize)" in sweeper("show", "ours").out


def test_what_is_wrong_is_one_line_and_nothing_is_kept(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", ROWS)
    write(folder / "my file.csv", ROWS)
    for command, said in (
        (("import", "csv", "theirs.csv"), "name at least one objective"),
        (("import", "csv", "none.csv", "--maximize", "a"), "none.csv: cannot be read"),
        (("import", "csv", "theirs.csv", "--maximize", "ac"), "there is no column 'ac'; did you mean 'acc'?"),
        (("import", "csv", "my file.csv", "--maximize", "acc"), "give it one with --name NAME"),
        (("import", "csv", "theirs.csv", "--maximize", "acc", "--name", "../x"), "is not allowed"),
        (("import", "csv", "theirs.csv", "--maximize", "acc", "--name", "x-confirm"), "confirms another one"),
        (
            ("import", "csv", "theirs.csv", "--maximize", "acc", "--parameter", "lr="),
            "write COLUMN or COLUMN=SET",
        ),
        (("import", "mlflow", "mlruns", "--maximize", "acc"), "name the experiment, with --experiment NAME"),
        (("import", "optuna", "sqlite:///none.db", "x"), "there is no such file"),
    ):
        assert said in refused(sweeper, *command)


def test_a_tilde_is_the_home_of_the_user(
    sweeper: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "home"))
    write(folder / "home" / "theirs.csv", ROWS)
    write(folder / "home" / "runs.csv", "run_id,status,metrics.acc\nr1,FINISHED,.5\n")
    study = optuna.create_study(storage=f"sqlite:///{folder}/home/o.db", study_name="o")
    study.tell(study.ask(), 1.0)
    maximize = ("--maximize", "acc")
    assert "3 trials" in sweeper("import", "csv", "~/theirs.csv", *maximize).out
    assert "3 trials" in sweeper("import", "wandb", "~/theirs.csv", *maximize, "--name", "w").out
    assert "1 trial" in sweeper("import", "mlflow", "~/runs.csv", *maximize).out
    assert "1 trial" in sweeper("import", "optuna", "sqlite:///~/o.db", "o").out


def test_an_experiment_beside_a_csv_file_is_refused(sweeper: Command, folder: Path) -> None:
    write(
        folder / "runs.csv", "run_id,experiment_id,status,metrics.acc\nr1,1,FINISHED,.5\nr2,2,FINISHED,.6\n"
    )
    said = refused(sweeper, "import", "mlflow", "runs.csv", "--experiment", "probe", "--maximize", "acc")
    assert said == "Error: --experiment 'probe': a .csv file has the runs that it was made of: leave it out\n"
