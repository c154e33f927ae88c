"""A study of one who is easily told: names in machines, paths, tracebacks, notes, files and remotes."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from model.files import RunFolder
from model.predictions import save_predictions
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.runs.origin import _ORIGIN, RunOrigin, sha256
from sweeper.store.database import Database
from sweeper.store.study import StudyStore
from sweeper.store.tables import run
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, RunState
from tests.sweeper_tests.golden import predictions, scores
from tests.sweeper_tests.made import add, begin, row, study

USER, PERSON, HOST, OTHER = "zoehausmann", "Zoë Hausmann", "kestrel9.lab.example.org", "osprey3"

COMMIT = "5f0c3a9e41d7b286" * 2

NAMES = (USER, PERSON, "Hausmann", "kestrel9", OTHER, "lab.example.org", "4026531836", "10.1.2.3", "/nfs")
"""What stands nowhere in a bundle; the folders and URLs of the test beside it."""


def of_somebody() -> Study:
    return study(name="mine", seeds=[1, 2])


def traceback_in(home: Path) -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "{home}/my state/code/loss.py", line 3, in forward\n'
        '  File "/nfs/lab/env/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1, in call\n'
        f"    ask({PERSON}) # {USER}_2@lab.example.org, https://github.com/{USER}/sweeps/issues/3\n"
        f"    process 4711 on {OTHER} (10.1.2.3) cannot read {home}/x.csv\n"
        "RuntimeError: file / line 3 of 10 cannot be read, and/or is no CSV\n"
    )


def fill(database: Database, home: Path) -> StudyStore:
    """Seven trials: four complete, one that failed, one that was killed, one that runs; a change, two notes.

    Of one complete trial the predictions are damaged, of another they are signed and those of test rows too.

    Args:
        database: Where it begins.
        home: Home folder of the user, whose runs lie in ``my state``.
    """
    of = of_somebody()
    first, second = of.spec.arms
    made = begin(database, of, 7)
    rows = [row(of, n, (first, second)[n % 2], scores(predictions(n)), seed=1 + n // 2) for n in range(4)]
    rows.append(row(of, 4, first, None, state=RunState.FAILED, error=traceback_in(home)))
    killed = row(of, 5, second, None, state=RunState.FAILED, error=None)
    rows += [replace(killed, error_class=ErrorClass.KILLED), row(of, 6, first, None, state=RunState.RUNNING)]
    add(made, of, rows)
    written = load_study("quickstart", "demo").written
    assert written is not None
    files = written.json()
    files["study"]["path"] = f"{home}/sentences/studies/quickstart.yaml"
    files["study"]["text"] += f"# by {PERSON}, see {home}/notes.txt\n"
    folder = {"commit": COMMIT, "changed": True, "diff": f"+by {PERSON}\n"}
    outcomes = made.outcomes("host:1")
    outcomes.started(6, 1, threads=1, device="cpu", versions={}, working_folder=folder)
    spec, workload = of.spec.model_dump(mode="json"), of.workload.model_dump(mode="json")
    changes = [f"read {home}/grid.yaml"]
    made.change(spec, workload, digest=of.digest(), space={}, descriptions=changes, files=files)
    made.events.note("seeds 1 to 3 ran on the old server")
    made.events.note(f"ask {PERSON} why {OTHER} was slow")
    with database.access.writing() as connection:
        for number in range(7):
            host = (HOST, f"{OTHER}/4026531836")[number % 2]
            values = {
                "owner": f"{host}:{4000 + number}:abc-1",
                "machine": f"{host.partition('/')[0]}, x86_64",
                "started": datetime(2024, 5, 1, 12, number, tzinfo=UTC),
            }
            connection.execute(run.update().where(run.c.number == number).values(values))
    _leave_predictions(made.fresh(), home)
    return made.fresh()


def _leave_predictions(made: StudyStore, home: Path) -> None:
    folder = StudyFolder(Home(home / "my state"), made.row)
    folder.take(made.holder())
    for number in range(4):
        files = RunFolder(folder.run(number))
        files.root.mkdir()
        save_predictions(files.predictions, predictions(number))
    files = RunFolder(folder.run(0))
    save_predictions(files.test_predictions, predictions(7))
    trial = made.trials.row(0)
    assert trial is not None
    assert trial.digest is not None
    sums = {path.name: sha256(path) for path in (files.predictions, files.test_predictions)}
    origin = RunOrigin(made.row.uuid, 0, trial.digest, None, 2, sums)
    (files.root / "origin.json").write_bytes(_ORIGIN.dump_json(origin))
    RunFolder(folder.run(3)).predictions.write_bytes(b"damaged")
