"""A study typed command by command, from its beginning to its report."""

import re
from pathlib import Path

import pytest

from tests.sweeper_tests.typed import SMALL, STUDY, Command, contents, refused, write

RUN = ("run", "--study", "mine")


def test_a_study_from_begin_to_report(folder: Path, sweeper: Command) -> None:
    run = (*RUN, "--executor", "inline", "--trials")
    said = sweeper(*run, "2")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[:3] == [
        *("mine@small: overall = sst", "Scores of a test say nothing."),
        "Data: sst 1,200 train, 300 dev, 300 test",
    ]
    assert [re.sub(r"^\S+ ", "", line)[:16] for line in lines[3:-1]] == [
        *("trial 0 starts: ", "trial 0 epoch 1/", "trial 0 epoch 2/", "trial 0 complete"),
        *("trial 1 starts: ", "trial 1 epoch 1/", "trial 1 epoch 2/", "trial 1 complete"),
    ]
    assert "trial 1 starts: [red]Loud[/red] · learning_rate" in lines[7]
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
    assert written == {".study", "index.html", "trials.csv", "checklist.md", "checklist.tex", *tables}
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
