"""The command line as a user types it: what it says, what it writes, and how it ends."""

import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest

from sweeper.cli import app
from tests.sweeper_tests.typed import STUDY, Command, contents, refused, write

RUN = ("run", "--study", "mine")


COMMANDS = [
    ("run --study nope", "no study 'nope'; known: mine, "),
    ("run --study sbert-gird", "did you mean 'sbert-grid'?"),
    ("run --study ../x", "study name '../x' is not allowed"),
    ("run --study ../x.yaml", "../x.yaml: cannot be read: No such file"),
    ("run --study mine@", "write STUDY or STUDY@WORKLOAD"),
    ("run --study mine@../x", "workload name '../x' is not allowed"),
    ("run --study mine --workload smal", "did you mean 'small'?"),
    ("run --study mine@small --workload files", "contradicts 'mine@small'"),
    ("run --study mine --trials 0", "'--trials': '0': must be greater than or equal to 1"),
    (f"run --study mine --trials {2**63}", f"'--trials': {2**63} is too large"),
    (f"confirm mine --top {2**63}", f"'--top': {2**63} is too large"),
    ("confirm mine --seeds 1000000000000", "'--seeds': '1000000000000': must be less than or equal to 10000"),
    (f"show mine {2**63}", f"'TRIAL': '{2**63}': must be less than or equal to"),
    ("run mine --until overall=.8 --until overall=.7", "--until 'overall=.7': overall is there twice"),
    ("run --study mine --trials many", "'--trials': 'many': must be a whole number"),
    ("run --study mine --log aim", "'--log': 'aim' is not one of 'tensorboard', 'mlflow', 'wandb'"),
    ("retry mine --class out", "'--class': 'out' is not one of 'oom', 'nan', 'killed', "),
    ("confirm mine --seeds 1e3", "'--seeds': '1e3': must be a whole number"),
    ("run --study mine --workers 0", "--workers"),
    ("run --study mine --executor cloud", "'local', 'inline', 'ray'"),
    ("run --study mine --sudy x", "--sudy"),
    ("run", "--study"),
    ("runn", "runn"),
    ("run --study mine --storage studies.db", "write sqlite:///folder/studies.db"),
    ("run --study mine --storage mysql://u:secret@host/name", "'mysql' is not supported"),
    ("run --study mine --storage sqlite:///studies/mine.yaml", "file is not a database"),
    ("run --study mine --storage sqlite:///studies", "is a folder"),
    ("run --study sbert-grid --workload minilm", "ids-sst-train.csv is missing"),
    ("validate sbert-grid@paper", "ids-sst-train.csv is missing"),
    ("validate mine --workload", "--workload"),
    ("resume", "no studies yet: begin one with `sweeper run --study NAME`"),
    ("resume mine", "no studies yet"),
    ("report", "no studies yet"),
    ("status", "no studies yet"),
    ("show mine 0", "no studies yet"),
    ("show mine", "no studies yet"),
    ("show", "no studies yet"),
    ("show mine first", "TRIAL"),
    ("status --storage sqlite:///studies/mine.yaml", "file is not a database"),
    ("list --storage sqlite:///studies", "is a folder"),
]


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_a_bad_command_is_one_line_and_writes_nothing(command: str, said: str, sweeper: Command) -> None:
    message = refused(sweeper, *command.split())
    assert said in message
    assert not re.search(r"Value error|Input should|unable to parse", message)


STUDIES = [
    ("space: {learning_rate", "space: {learning_rte", r"mine\.yaml:5: .*did you mean 'learning_rate'\?"),
    ("workload: small", "workload: smal", r"mine\.yaml:3: workload = smal: .*did you mean 'small'\?"),
    ("arms:", "arms: [", r"mine\.yaml:\d+: is not valid YAML"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), STUDIES)
def test_a_bad_study_file_is_named_with_its_line(
    right: str, wrong: str, said: str, folder: Path, sweeper: Command
) -> None:
    write(folder / "studies/mine.yaml", STUDY.replace(right, wrong))
    assert re.search(said, refused(sweeper, *RUN))
    assert re.search(said, refused(sweeper, "validate", "studies/mine.yaml"))


def test_what_is_read_otherwise_than_it_stands_is_a_line_each(folder: Path, sweeper: Command) -> None:
    steps = "batch_size: {low: 8, high: 17, step: 4}, dropout: {low: 0.0, high: 0.55, step: 0.1}"
    text = f"name: mine\nworkload: small\nbase: {{bf16: No}}\nspace: {{{steps}}}\n"
    write(folder / "studies/mine.yaml", text)
    said = sweeper("validate", "mine")
    assert said.code == 0
    assert said.err.replace("studies/mine.yaml:", "").splitlines() == [
        "3: base.bf16 = No is read as false; write false",
        "4: space.batch_size: in steps of 4 from low = 8, the highest value is 16, not high = 17",
        "4: space.dropout: in steps of 0.1 from low = 0.0, the highest value is 0.5, not high = 0.55",
    ]


def test_a_copy_with_the_name_of_another_study_is_said(sweeper: Command) -> None:
    write(Path("studies/one.yaml"), "name: one\n")
    write(Path("studies/two.yaml"), "# a copy\nname: one\n")
    assert sweeper("validate", "one").err == ""
    said = (
        "studies/two.yaml:2: results are stored as one@…, the name that stands here, as are those of "
        "studies/one.yaml; for a study of its own write name: two, or name one with --name\n"
    )
    assert sweeper("validate", "two").err == said
    assert sweeper("validate", "studies/two.yaml").err == ""


def test_a_file_that_ends_otherwise_is_named(sweeper: Command) -> None:
    write(Path("studies/one.yml"), "name: one\n")
    message = refused(sweeper, "run", "one")
    assert "no study 'one'; studies/one.yml is found once it is called one.yaml, or by its path" in message


def test_no_warning_of_a_library_is_shown_unless_it_is_asked_for(
    sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *where: shown.append(str(message)))
    monkeypatch.setattr("sys.warnoptions", [])
    with warnings.catch_warnings():  # not to be errors, as in other tests
        warnings.simplefilter("always")
        assert sweeper("schema", "--debug").code == 0
        warnings.warn("asked for", stacklevel=1)
        assert sweeper("schema").code == 0
        warnings.warn("of a library", stacklevel=1)
    assert shown == ["asked for"]


@pytest.mark.parametrize("arguments", [("--debug", *RUN[:2], "nope"), (*RUN[:2], "nope", "--debug")])
def test_debug_shows_the_traceback_wherever_it_stands(arguments: tuple[str, ...], sweeper: Command) -> None:
    said = sweeper(*arguments)
    assert said.code == 2
    assert said.err.startswith("Traceback (most recent call last):")
    assert said.err.splitlines()[-1].startswith("Error: there is no study 'nope'")


def test_list_without_a_database(folder: Path, sweeper: Command) -> None:
    before = contents(folder)
    said = sweeper("list")
    assert said.code == 0
    studies, workloads, last = said.out.splitlines()
    assert studies.startswith("Studies:   mine, ")
    assert {"baseline,", "quickstart,", "sbert-grid,"} <= set(studies.split())
    assert workloads.startswith("Workloads: files, small, ")
    assert last == "None has run yet."
    assert contents(folder) == before


def test_validate_and_schema_run_nothing(folder: Path, sweeper: Command) -> None:
    before = contents(folder)
    said = sweeper("validate", "studies/mine.yaml", "--workload", "studies/workloads/small.yaml")
    assert said.out == (
        "mine@small is valid: overall = sst\nArms: Plain, [red]Loud[/red]\n"
        "Compared: [red]Loud[/red] with Plain\nSpace: learning_rate 1e-4 to 0.01, log scale\nSeeds: 11711\n"
        "Search: tpe raises overall\n"
        "It goes on for as many trials as asked.\n"
        "sst train: 1,200 rows; labels 0 188, 1 308, 2 243, 3 288, 4 173; 30 of them are used\n"
        "sst dev: 300 rows; labels 0 52, 1 77, 2 56, 3 68, 4 47; 20 of them are used\n"
        "sst test: 300 rows; labels 0 50, 1 76, 2 46, 3 67, 4 61\n"
    )
    assert sweeper("validate", "mine@files").code == 0
    assert sweeper("schema").out.startswith("{")
    assert contents(folder) == before


def test_help_teaches(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    said = sweeper()
    assert said == sweeper("--help") == sweeper("-h")
    assert said.code == 0
    assert "--debug" in said.out
    assert "SWEEPER_HOME" in said.out
    names = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    assert len(names) == 22
    for name in names:
        assert name in said.out
        told = sweeper(name, "--help")
        assert f"Example: sweeper {name}" in told.out
        assert told == sweeper(name, "-h")
    assert sweeper("db", "copy", "--help") == sweeper("db", "copy", "-h")


def test_the_version_is_that_of_the_package(sweeper: Command) -> None:
    written = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert sweeper("--version") == (0, f"sweeper {written['project']['version']}\n", "")


HEAVY = ("torch", "psycopg", "psycopg2", "ray", "submitit")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_command_line_loads_no_torch_and_nothing_of_an_extra() -> None:
    modules = "sweeper.cli, sweeper.sweep.sweep, sweeper.report.write, sweeper.store.copying"
    modules += ", sweeper.observers.tensorboard, sweeper.observers.mlflow, sweeper.observers.wandb"
    said = python(f"import sys, {modules}; print([name for name in {HEAVY} if name in sys.modules])")
    assert said.stdout == "[]\n", said.stderr


SLOW = ("pandas", "scipy", "optuna", "plotly", "alembic", "sqlalchemy.orm")
"""Packages that take long to import, and that nobody needs who only asks how things stand."""


@pytest.mark.parametrize("typed", [["--version"], ["--help"], ["list"], ["status"]])
def test_what_only_reads_loads_little(typed: list[str], folder: Path, sweeper: Command) -> None:
    assert sweeper("run", "mine", "--trials", "1", "--executor", "inline").code == 0
    code = f"import sys; from sweeper.cli import main\ntry: main({typed})\nfinally: print([name for name in "
    said = python(f"{code}{SLOW} if name in sys.modules])")
    assert said.stdout.endswith("[]\n"), said.stdout + said.stderr


def test_without_its_extra_postgresql_is_one_line_that_says_what_to_install(folder: Path) -> None:
    absent = "import sys; sys.modules['psycopg'] = sys.modules['psycopg2'] = None"
    typed = ["status", "--storage", "postgresql://lab:secret@127.0.0.1:1/sweeps"]
    said = python(f"{absent}; from sweeper.cli import main; main({typed})")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1), said.stderr
    place = "Error: postgresql://lab:***@127.0.0.1:1/sweeps"
    assert said.stderr.startswith(
        f"{place}: its driver is not installed: pip install 'sentence-sweeper[postgresql]'"
    )
