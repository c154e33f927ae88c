"""What every command has in common: STUDY in its two forms, `~`, and no value that is empty."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from sweeper.cli import app
from sweeper.errors import InputError
from sweeper.paths import Home, data_folder, user_path
from sweeper.store import studies
from sweeper.store.database import Database
from sweeper.study import load
from sweeper.study.load import load_study
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import SMALL, STUDY, Command, refused, write

# Each command that takes a study: what stands before STUDY, and what it needs beside it.
COMMANDS = {
    "run": ("run", ""),
    "resume": ("resume", ""),
    "retry": ("retry", ""),
    "confirm": ("confirm", ""),
    "report": ("report", ""),
    "status": ("status", ""),
    "show": ("show", "0"),
    "diff": ("diff", "0 1"),
    "replay": ("replay", "0"),
    "best": ("best", ""),
    "ensemble": ("ensemble", "--top 2"),
    "export": ("export", "--trials trials.csv"),
    "note": ("note", "words"),
    "rename": ("rename", "other"),
    "archive": ("archive", ""),
    "delete": ("delete", "--yes"),
    "clean": ("clean", ""),
    "predict": ("predict", "--input rows.tsv --output out.tsv"),
    "validate": ("validate", ""),
    "schema": ("schema", ""),
    "db copy": ("db copy sqlite:///.sweeper/studies.db sqlite:///new.db", ""),
}
FROM_FILES = ("run", "validate", "schema")
NAMED = ("rename", "archive", "delete")


def every_command(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


ALL = dict(every_command(typer.main.get_command(app)))


def test_every_command_about_a_study_is_tested_and_has_both_forms() -> None:
    def forms(kind: str) -> set[str]:
        found = [(name, one) for name, command in ALL.items() for one in command.params]
        return {name for name, one in found if one.param_type_name == kind and one.metavar == "STUDY"}

    assert forms("argument") == forms("option") == set(COMMANDS)


@pytest.fixture
def told(folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Types commands that end with the name of the study that they are about, once they have found it."""
    with Database(f"sqlite:///{folder}/.sweeper/studies.db") as database:
        mine = load_study("mine")
        files = load_study("mine", "files")
        begun = [mine.named("7"), mine.named("both"), files.named("both"), mine]
        for one in (*begun, mine.named("mine-confirm")):
            made.begin(database, one, 4)
    find, read = studies.find_study, load.load_study

    def found(*arguments: Any, **options: Any) -> None:
        raise InputError(f"found {find(*arguments, **options).row.name}")

    def loaded(*arguments: Any) -> None:
        raise InputError(f"found {read(*arguments).name}")

    monkeypatch.setattr(studies, "find_study", found)
    monkeypatch.setattr(load, "load_study", loaded)
    return sweeper


def typed(command: str, *study: str) -> list[str]:
    before, after = COMMANDS[command]
    return [*before.split(), *study, *after.split()]


@pytest.mark.parametrize("command", COMMANDS)
def test_study_as_an_argument_and_as_an_option_by_name_and_by_file(command: str, told: Command) -> None:
    for study in (
        *(("mine",), ("mine@small",), ("studies/mine.yaml",), ("./studies/mine.yaml",)),
        *(("--study", "mine"), ("--study=mine@small",), ("--study", "studies/mine.yaml")),
        *(("mine", "--study", "mine"), ("--study", "mine@small", "mine@small")),
    ):
        assert refused(told, *typed(command, *study)) == "Error: found mine@small\n", study
    differ = "Error: STUDY 'mine' and --study 'both' differ: write one of them\n"
    assert refused(told, *typed(command, "mine", "--study", "both")) == differ
    for empty in (("",), ("  ",), ("--study=",), ("mine", "--study", ""), ("", "--study", "mine")):
        assert "is empty: write a value, or leave it out" in refused(told, *typed(command, *empty))
    assert "write STUDY or STUDY@WORKLOAD" in refused(told, *typed(command, "mine@"))
    if command in ("clean", "schema", "db copy"):
        assert told(*typed(command)).code == 0  # of all studies, or of none
        return
    without = refused(told, *typed(command))
    if command in FROM_FILES:
        assert without.startswith("Error: name a study, as STUDY or with --study: mine, ablation, baseline, ")
    elif command in NAMED:
        said = "Error: name a study that has run, as STUDY or with --study; see: sweeper list\n"
        assert without == said
    else:
        # Not mine-confirm, which was begun after it.
        assert without == "Error: found mine@small\n"


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in FROM_FILES])
def test_a_study_that_has_run(command: str, told: Command, folder: Path) -> None:
    assert refused(told, *typed(command, "7")) == "Error: found 7@small\n"
    assert refused(told, *typed(command, "--study", "7")) == "Error: found 7@small\n"
    assert refused(told, *typed(command, "both")) == (
        "Error: study 'both' ran on several workloads; name one of: both@small (0 of 4 trials), both@files "
        "(0 of 4 trials)\n"
    )
    write(folder / "both.yaml", "name: both\nworkload: files\nspace: not looked at\n")
    assert refused(told, *typed(command, "both.yaml")) == "Error: found both@files\n"
    write(folder / "new.yaml", "name: mien\n")
    never = "Error: study mien@demo (new.yaml) has never run; did you mean 'mine'? Those that have: 7@small ("
    assert refused(told, *typed(command, "new.yaml")).startswith(never)
    write(folder / "none.yaml", "workload: small\n")
    assert refused(told, *typed(command, "none.yaml")) == "Error: none.yaml:1: name: a name must stand here\n"


def test_the_workload_of_a_study_that_has_run_by_name_or_file(told: Command) -> None:
    assert refused(told, "resume", "both", "--workload", "files") == "Error: found both@files\n"
    file = "studies/workloads/small.yaml"
    assert refused(told, "resume", "both", "--workload", file) == "Error: found both@small\n"
    # Without a STUDY, the latest on that workload.
    assert refused(told, "resume", "--workload", "files") == "Error: found both@files\n"
    assert "no study has run on 'demo'" in refused(told, "resume", "--workload", "demo")


OPTIONS = [
    (name, option.opts[0])
    for name, command in ALL.items()
    for option in command.params
    if option.param_type_name == "option" and not option.is_flag
]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_an_empty_value_is_not_taken_for_none(command: str, option: str, sweeper: Command) -> None:
    said = f"Error: Invalid value for '{option}': is empty: write a value, or leave it out\n"
    assert refused(sweeper, *command.split(), option, "") == said
    assert refused(sweeper, *command.split(), f"{option}=") == said


def test_a_tilde_is_the_home_of_the_user(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SWEEPER_HOME", "~/x")
    monkeypatch.setenv("SWEEPER_DATA", "~/data")
    assert (Home.from_environment().root, data_folder()) == (home / "x", home / "data")
    made.store(home, made.study(), made.trials(made.study())[:5]).close()
    there = ("--storage", "sqlite:///~/studies.db")
    assert sweeper("status", *there).out.startswith("made@demo: 5 of 5 trials")
    assert sweeper("export", *there, "--trials", "~/all.csv").code == 0
    assert sweeper("report", *there, "--folder", "~/reports").code == 0
    write(home / "own.yaml", STUDY)
    write(home / "on.yaml", SMALL)
    assert sweeper("validate", "~/own.yaml", "--workload", "~/on.yaml").out.startswith("mine@small is valid")
    written = {path.name for path in home.iterdir()}
    assert written - {"studies.db-wal", "studies.db-shm"} == {
        *("studies.db", "studies.db.lock", "all.csv", "reports", "own.yaml", "on.yaml")
    }
    assert not (folder / "~").exists()
    with pytest.raises(InputError, match="'~no-such-user/x': the home folder of this user is not known"):
        user_path("~no-such-user/x")


def test_a_database_that_was_named_must_be_there(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = ("--storage", "sqlite:///nowhere.db")
    said = f"Error: sqlite:///{folder}/nowhere.db: there is no such file, and no studies yet: begin one with "
    for command in ("list", "status", "report", "resume"):
        assert refused(sweeper, command, *nowhere).startswith(said)
        with monkeypatch.context() as patched:
            patched.setenv("SWEEPER_STORAGE", nowhere[1])
            assert refused(sweeper, command).startswith(said)
    # One without studies is there, and so is the default home that nobody has used.
    Database(f"sqlite:///{folder}/empty.db").close()
    for command in (["list", "--storage", "sqlite:///empty.db"], ["list"]):
        assert (sweeper(*command).code, sweeper(*command).out[-19:]) == (0, "\nNone has run yet.\n")
