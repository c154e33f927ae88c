"""What a report says of how its study was made, against facts chosen for the test."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sweeper.report.provenance import how_made
from sweeper.report.read import Stored
from sweeper.trial import StudyRow, TrialRow
from sweeper.version import __version__
from tests.sweeper_tests.made import BEGUN, results, row, study

OF = study(seeds=[1, 2], pruner={"name": "median"})
SWEEP = StudyRow(1, OF.name, {}, {}, "0d" * 32, 4, "0.0.9", BEGUN, 1, "")


ROWS = {"read": 12, "dropped": 2, "used": 9, "file": "a.csv", "sha256": "ab", "labels": {}}
DEV = {"read": 4000, "dropped": 0, "used": 4000, "file": "b.csv", "sha256": "cd", "labels": {}}
KEPT: dict[str, dict[str, Any]] = {
    "clean": {"commit": "c1", "changed": False, "diff": ""},
    "dirty": {"commit": "c1", "changed": True, "diff": "+secret"},
    "files": {
        "rows": {"sst": {"train": ROWS, "dev": DEV}},
        "dev_in_train": {"sst": 3},
        "weights": "ef",
        "parameters": 1234567,
    },
}


def runs() -> list[TrialRow]:
    arm = next(iter(OF.spec.arms))
    made = [row(OF, number, arm, (0.4, 0.7, 0.5)) for number in range(4)]
    return [
        replace(
            made[0],
            machine="alpha, x86_64",
            processor="Chip; AVX2",
            fingerprint="aa",
            working_folder="clean",
            inputs="files",
        ),
        replace(
            made[1],
            machine="alpha, x86_64",
            fingerprint="aa",
            attempts=2,
            halvings=1,
            working_folder="dirty",
            inputs="files",
        ),
        replace(made[2], machine="beta, with comma, aarch64", fingerprint="bb", device="cuda", threads=4),
        replace(made[3], reused_from=2),
    ]


def test_every_fact() -> None:
    changes = [(datetime(2024, 5, 2, 8, 30, tzinfo=UTC), "seeds: [1] -> [1, 2]")]
    made = how_made(SWEEP, OF, runs(), changes, BEGUN, kept=KEPT, confirmation=None)
    assert made.pop("Workload").startswith("demo: ")
    assert made == {
        "Commands": "sweeper run --study made --workload demo --trials 4\nsweeper report --study made@demo",
        "Search": "tpe, seed 11711, on overall\nstopped early by median",
        "Training seeds": "1, 2",
        "Settings": "SHA-256 " + "0d" * 32,
        "Begun": "2024-05-01 12:00 UTC, sweeper 0.0.9",
        "Changed since": "2024-05-02 08:30 UTC: seeds: [1] -> [1, 2]",
        "Commit": "c1: trial 0\nc1, changed: the difference is in the database: trial 1",
        "Files": "a.csv: SHA-256 ab: trials 0–1\nb.csv: SHA-256 cd: trials 0–1",
        "Rows": "sst train: 9 of 12 rows, 2 incomplete and left out, 1 not in the subset: trials 0–1\n"
        "sst dev: 4,000 of 4,000 rows, 3 also in train: trials 0–1",
        "Encoder weights": "SHA-256 ef: trials 0–1",
        "Parameters": "1,234,567: trials 0–1",
        "Processor": "Chip; AVX2: trial 0",
        "Data": "SHA-256 aa: trials 0–1\nSHA-256 bb: trial 2\n"
        "The data changed: trials of the same settings read others.",
        "Trials ran": "2024-05-01 12:00 UTC to 2024-05-01 12:03 UTC",
        "Time in trials": "50 s",
        "Machines": "machine 1, x86_64: trials 0–1\nmachine 2, aarch64: trial 2",
        "Device of a trial": "cpu, 1 CPU thread\ncuda, 4 CPU threads",
        "Peak memory of a trial": "321 MiB",
        "Versions": "sweeper 0.1.0, torch 2.9.0",
        "Started more than once": "trial 1",
        "Trained with a smaller micro-batch, after memory ran out": "trial 1",
        "With the result of an identical trial": "trial 3",
        "Report": f"2024-05-01 12:00 UTC, sweeper {__version__}",
    }


def test_other_settings_that_read_other_rows_are_no_change_of_the_data() -> None:
    plain, _, other, _ = runs()
    other = replace(other, config=other.config | {"train_tasks": ["sst"]})
    made = how_made(SWEEP, OF, [plain, other], [], BEGUN, kept=KEPT, confirmation=None)
    assert made["Data"] == "SHA-256 aa: trial 0\nSHA-256 bb: trial 2"


def test_a_confirmation_is_told_beside_the_search() -> None:
    arms = {f"{arm} (trial 3)": dict(given) for arm, given in OF.spec.arms.items()}
    again = study(name="made-confirm", arms=arms, space={}, seeds=[3, 4])
    rows = [row(again, number, arm, (0.4, 0.7, 0.5), seed=3) for number, arm in enumerate(arms)]
    rows[0] = replace(rows[0], inputs="files", processor="Chip; AVX2")
    sweep = replace(SWEEP, name=again.name, digest="1e" * 32)
    kept = {"files": KEPT["files"] | {"rows": {"sst": {"test": DEV}}}}
    confirmation = Stored(sweep, again, rows, [], results(again, rows), kept)
    search = how_made(SWEEP, OF, runs(), [], BEGUN, kept=KEPT, confirmation=None)
    told = how_made(SWEEP, OF, runs(), [], BEGUN, kept=KEPT, confirmation=confirmation)
    assert told.pop("Commands").split("\n") == [
        "sweeper run --study made --workload demo --trials 4",
        "sweeper confirm made@demo --top 2 --seeds 2",
        "sweeper report --study made@demo",
    ]
    added = {name.removeprefix("Confirmation: "): told[name] for name in told.keys() - search.keys()}
    assert {name: told[name] for name in search if name != "Commands"}.items() <= search.items()
    assert added == {
        "Study": "made-confirm@demo, 2 trials",
        "Training seeds": "3, 4",
        "Settings": "SHA-256 " + "1e" * 32,
        "Begun": "2024-05-01 12:00 UTC, sweeper 0.0.9",
        "Commit": "not recorded",
        "Files": "b.csv: SHA-256 cd: trial 0",
        "Rows": "sst test: 4,000 of 4,000 rows: trial 0",
        "Encoder weights": "SHA-256 ef: trial 0",
        "Parameters": "1,234,567: trial 0",
        "Processor": "Chip; AVX2: trial 0",
        "Trials ran": "2024-05-01 12:00 UTC to 2024-05-01 12:01 UTC",
        "Time in trials": "25 s",
        "Device of a trial": "cpu, 1 CPU thread",
        "Peak memory of a trial": "321 MiB",
        "Versions": "sweeper 0.1.0, torch 2.9.0",
    }


def test_a_study_without_trials_has_only_what_is_known() -> None:
    assert list(how_made(SWEEP, study(), [], [], BEGUN, kept={}, confirmation=None)) == [
        "Commands",
        "Workload",
        "Search",
        "Training seeds",
        "Settings",
        "Begun",
        "Report",
    ]


def test_a_study_of_before_says_what_was_not_recorded() -> None:
    trials = [row(OF, 0, next(iter(OF.spec.arms)), (0.4, 0.7, 0.5))]
    made = how_made(SWEEP, OF, trials, [], BEGUN, kept={}, confirmation=None)
    assert {name for name, text in made.items() if text == "not recorded"} == {
        "Commit",
        "Encoder weights",
        "Processor",
    }
    assert not {"Files", "Rows", "Parameters"} & made.keys()
