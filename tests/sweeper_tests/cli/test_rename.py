"""`sweeper rename`: the runs stay, the report moves along, and the study goes on under its new name."""

from pathlib import Path

from sweeper.store.database import Database
from tests.sweeper_tests.typed import STUDY, Command, contents, refused, write

RUN = ("--executor", "inline", "--trials")


def test_a_study_goes_on_under_another_name(sweeper: Command, folder: Path) -> None:
    assert sweeper("run", "mine", *RUN, "2").code == 0
    assert sweeper("report", "mine").code == 0
    runs, report = contents(folder / ".sweeper/runs"), contents(folder / "reports/mine@small")
    said = sweeper("rename", "mine", "other")
    assert said.out == (
        "mine@small is called other@small from now on\nIts report: reports/other@small, with the "
        "old name in it until it is made again\n"
        "Its runs stay in the folder mine@small; in its study file write `name: other`, or it begins a study "
        "anew\n"
    )
    assert contents(folder / ".sweeper/runs") == runs
    assert [path.name for path in (folder / "reports").iterdir()] == ["other@small"]
    assert list(contents(folder / "reports/other@small").values()) == list(report.values())
    assert refused(sweeper, "show", "mine") == (
        "Error: study 'mine' is called other@small now; see: sweeper show other@small\n"
    )
    # As a job of SLURM does that was submitted before.
    gone_on = sweeper("resume", "mine@small")
    assert (gone_on.code, gone_on.err.splitlines()[0]) == (0, "mine@small is called other@small now")
    write(folder / "studies/mine.yaml", STUDY.replace("name: mine", "name: other"))
    said = sweeper("run", "studies/mine.yaml", *RUN, "3")
    assert said.code == 0
    assert "other@small changes: trials: 2 -> 3" in said.out
    assert "changes: name" not in said.out
    for command in (("replay", "other", "1"), ("best", "other"), ("report", "other"), ("resume", "other")):
        assert sweeper(*command).code == 0, command
    said = sweeper("diff", "other", "0", "1")
    assert "left out" not in said.out + said.err
    # A new study of the old name has runs of its own.
    write(folder / "studies/mine.yaml", STUDY)
    said = sweeper("run", "mine", *RUN, "1")
    assert "mine@small begins anew; the study that was called so is other@small now\n" in said.out
    assert len(list((folder / ".sweeper/runs").iterdir())) == 2
    # By its UUID, as a job of SLURM does: another study has its name by now.
    with Database(f"sqlite:///{folder}/.sweeper/studies.db") as database:
        uuid = database.study("other@small").row.uuid
    assert sweeper("rename", "other", "third").code == 0
    gone_on = sweeper("resume", uuid)
    assert (gone_on.code, gone_on.out.splitlines()[-1][:11]) == (0, "third@small")
    assert sweeper("rename", "third", "other").code == 0
    assert sweeper("replay", "other", "1").code == 0


def test_a_name_that_cannot_be_is_one_line_and_changes_nothing(sweeper: Command) -> None:
    for name in ("mine", "taken"):
        assert sweeper("run", "mine", *RUN, "1", "--name", name).code == 0
    assert sweeper("report", "mine").code == 0
    for name, said in (
        ("taken", "there is a study 'taken@small'; nothing was renamed"),
        ("mine", "study 'mine@small' is called so already"),
        ("../x", "study name '../x' is not allowed"),
        ("x@other", "name 'x@other': the workload of a study stays, here small: write its name alone\n"),
        ("x-confirm", "would be the name of a study that confirms another one"),
        ("x" * 95, "is not allowed: use up to 100"),
    ):
        assert said in refused(sweeper, "rename", "mine", name)
    assert sweeper("rename", "mine@small", "x@small").code == 0
