"""What `show STUDY` says of a study, its own or imported."""

from pathlib import Path

from sweeper.paths import Home
from sweeper.show.study import standing, study_json, study_text, trial_json, trial_words
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.study.foreign import ForeignStudy, ForeignTrial
from sweeper.trial import RunState
from tests.sweeper_tests.store.test_foreign import STUDY


def test_a_study_and_its_history(store: StudyStore, tmp_path: Path) -> None:
    store.events.note("red \x1b[31m")
    store.life.archive(True)
    lines = study_text(store.fresh(), Home(tmp_path)).splitlines()
    row = store.fresh().row
    assert lines[0].startswith("quickstart@demo: 2 of 8 trials · 1 failed")
    assert lines[1:5] == [
        f"UUID: {row.uuid}",
        f"archived since {row.archived:%Y-%m-%d %H:%M} UTC",
        "arms: Baseline, S-BERT",
        "raises: overall",
    ]
    assert lines[5].startswith("disk: 0 B in ")
    begun = f"{row.created:%Y-%m-%d %H:%M}"
    assert [line[19:] for line in lines[8:]] == [
        *("begun: by sweeper 0.1.0", "note: red \\x1b[31m", "archived: put away")
    ]
    assert lines[8].startswith(f"  {begun} begun")
    assert study_json(store)["trials"] == {"complete": 1, "failed": 1, "running": 1, "queued": 1}
    assert study_json(store)["arms"] == list(store.row.arms)
    assert study_json(store)["objectives"] == ["overall"]


def test_an_imported_study_and_its_trials(url: str, tmp_path: Path) -> None:
    with Database(url) as database:
        store = database.import_study("theirs@imported", STUDY, "0.1")
        assert standing(store) == "5 trials, 3 complete; imported from CSV, trials.csv"
        lines = study_text(store, Home(tmp_path)).splitlines()
        assert lines[2:4] == [
            "objectives: acc (maximize), loss (minimize)",
            "best: trial 3 (c): acc 0.1, loss 4.94e-324; lr 1e-3",
        ]
        assert study_json(store)["trials"] == {"complete": 3, "pruned": 1, "failed": 1}
        assert study_json(store)["origin"]["kind"] == "CSV"
        assert study_json(store)["arms"] == [] != study_json(store)["objectives"]
        assert trial_words(store, 4, 80).splitlines() == [
            "theirs@imported trial 4: pruned, imported; called d there",
            *("parameters: none", "acc: 0.9"),
        ]
        assert trial_json(store, 0)["params"] == {"lr": 1e-4, "n": 3, "b": True, "é": "ü"}
        assert trial_json(store, 2)["started"] == "2026-01-02T12:00:00.250000+00:00"


def test_an_imported_study_without_parameters_ends_with_its_values(url: str, tmp_path: Path) -> None:
    trial = ForeignTrial(0, "a", RunState.COMPLETE, {}, {"acc": 0.5, "loss": 0.25})
    with Database(url) as database:
        store = database.import_study("theirs@imported", ForeignStudy(STUDY.origin, [trial]), "0.1")
        assert "best: trial 0 (a): acc 0.5, loss 0.25" in study_text(store, Home(tmp_path)).splitlines()
