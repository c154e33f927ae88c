"""What a sweep shows while it runs."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from model.result import EpochResult, Metric
from sweeper.observers.several import Several
from sweeper.observers.tally import Tally
from sweeper.observers.terminal import LiveProgress, PlainProgress
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, Outcome, RunState, Standing, TrialSpec

ARM = "[red]S-BERT[/red] :fire:"


@pytest.fixture
def trial(study: Study) -> Callable[[int], TrialSpec]:
    def made(number: int) -> TrialSpec:
        params = {"learning_rate": 0.00123456, "dropout": 0.3}
        config = study.config("S-BERT", params, 11711)
        return TrialSpec(number, ARM, params, config, 11711, number)

    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass."""
    now = [1000.0]
    monkeypatch.setattr("sweeper.observers.terminal.time.monotonic", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def tally(wanted: int = 8, workers: int = 1) -> Tally:
    return Tally(wanted, ("Baseline", ARM), workers)


def result(epoch: int, overall: float = 0.7321) -> EpochResult:
    scores = {"sst": 0.6333, "para": 0.7977, "sts": -0.0532}
    return EpochResult(
        epoch=epoch,
        overall=overall,
        best=True,
        metrics=(
            *(Metric("dev", task, "accuracy", score) for task, score in scores.items()),
            Metric("dev", "overall", "overall", overall),
        ),
        train_seconds=1,
        eval_seconds=1,
        tokens={},
        padded_tokens={},
        peak_memory_mb=1,
    )


def complete(overall: float, seconds: float = 60.0) -> Outcome:
    return Outcome(state=RunState.COMPLETE, seconds=seconds, best_epoch=1, scores={"overall": overall})


FAILED = Outcome(state=RunState.FAILED, seconds=2.0, error_class=ErrorClass.NAN, traceback="Traceback")
PRUNED = Outcome(state=RunState.PRUNED, seconds=9.0, best_epoch=1, scores={"overall": 0.9})


def test_a_tally_counts_and_keeps_the_best(trial: Callable[[int], TrialSpec]) -> None:
    count = tally(wanted=4)
    assert count.standing() == "0 of 4 trials"
    for number, outcome in enumerate((complete(0.5), FAILED, complete(0.7), complete(0.6))):
        count.submitted(trial(number), resumed=False)
        count.ended(number, outcome, "")
    assert count.summary() == "4 of 4 trials · 1 failed · best overall 0.700 (trial 2)"
    assert count.details() == [f"best by arm: Baseline none yet · {ARM} 0.700 (trial 2)", "failed: 1 nan"]


def test_a_tally_of_recorded_trials_is_that_of_hearing_them_end(trial: Callable[[int], TrialSpec]) -> None:
    outcomes = (complete(0.5), FAILED, complete(0.7), PRUNED, complete(0.6))
    heard = tally(wanted=9)
    for number, outcome in enumerate(outcomes):
        heard.submitted(trial(number), resumed=False)
        heard.ended(number, outcome, "")
    recorded = [
        Standing(number, ARM, outcome.state, None, outcome.seconds, outcome.error_class, outcome.scores)
        for number, outcome in enumerate(outcomes)
    ]
    waiting = Standing(5, ARM, RunState.QUEUED, None, None, None, None)
    assert Tally.of(9, heard.arms, [*recorded, waiting]) == heard
    assert heard.standing() == "5 of 9 trials · 1 pruned · 1 failed · best overall 0.700 (trial 2)"


def test_of_equal_trials_the_first_is_the_best_whichever_ended_first_and_whose_it_is() -> None:
    def standing(number: int, arm: str, overall: float) -> Standing:
        return Standing(number, arm, RunState.COMPLETE, None, 1.0, None, {"overall": overall})

    recorded = [standing(0, "A", 0.5), standing(1, "B", 0.75), standing(3, "A", 0.75), standing(2, "A", 0.75)]
    count = Tally.of(4, ("A", "B"), recorded)
    assert count.best == (1, 0.75)  # which `sweeper best` names
    assert count.bests == {"A": (2, 0.75), "B": (1, 0.75)}


def test_a_single_arm_needs_no_line_of_its_own(trial: Callable[[int], TrialSpec]) -> None:
    count = Tally(2, (ARM,))
    count.submitted(trial(0), resumed=False)
    count.ended(0, complete(0.5), "")
    assert count.details() == []


def test_the_time_left_is_known_from_the_first_epoch(
    trial: Callable[[int], TrialSpec], clock: Callable[[float], None]
) -> None:
    count = tally(wanted=3)
    count.submitted(trial(0), resumed=False)
    clock(30)
    assert count.seconds_left() is None
    count.evaluated(0, result(1))  # of four
    assert count.seconds_left() == pytest.approx(120 * 2.75)
    clock(70)
    count.ended(0, complete(0.5, seconds=100), "")
    assert count.seconds_left() == pytest.approx(200)
    count.submitted(trial(1), resumed=False)
    count.evaluated(1, result(2))
    assert count.seconds_left() == pytest.approx(150)
    assert count.summary().endswith(" · about 0:02:30 left")
    count.workers = 2
    assert count.seconds_left() == pytest.approx(75)


def test_results_that_were_reused_are_no_pace(trial: Callable[[int], TrialSpec]) -> None:
    heard = tally(wanted=4)
    for number, outcome in enumerate((complete(0.5, seconds=100), complete(0.5, seconds=0.0))):
        heard.submitted(trial(number), resumed=False)
        heard.ended(number, outcome, "")
    standings = [
        Standing(0, ARM, RunState.COMPLETE, None, 100.0, None, {"overall": 0.5}),
        Standing(1, ARM, RunState.COMPLETE, None, 0.0, None, {"overall": 0.5}, reused_from=0),
    ]
    for count in (heard, Tally.of(4, heard.arms, standings)):
        assert count.seconds_left() == pytest.approx(200)


def test_elsewhere_each_event_is_one_plain_line(trial: Callable[[int], TrialSpec]) -> None:
    out = io.StringIO()
    count = tally(wanted=3)
    with PlainProgress(Console(file=out, width=40), count) as view:
        shown = Several(count, view)
        shown.submitted(trial(3), resumed=False)
        shown.evaluated(3, result(2))
        shown.ended(3, complete(0.7321, seconds=62.34), "")
        shown.submitted(trial(4), resumed=True)
        shown.ended(4, FAILED, "ValueError: a message\nof two lines with [blue]marks[/blue]\x1b[2J")
    lines = [line.split(" ", 1)[1] for line in out.getvalue().splitlines()]
    settings = f"{ARM} · learning_rate 0.00123, dropout 0.3 · seed 11711"
    assert lines == [
        f"trial 3 starts: {settings}",
        "trial 3 epoch 2/4: overall 0.732 (sst 0.633 para 0.798 sts -0.053)",
        "trial 3 complete · 62.3 s · 1 of 3 trials · best overall 0.732 (trial 3) · about 0:02:05 left",
        f"trial 4 continues: {settings}",
        "trial 4 failed (nan): ValueError: a message of two lines with [blue]marks[/blue]\\x1b[2J · 2.0 s · "
        "2 of 3 trials · 1 failed · best overall 0.732 (trial 3) · about 0:00:32 left",
    ]


@pytest.mark.parametrize("width", [80, 140])
def test_a_terminal_shows_everything_at_once(
    width: int, trial: Callable[[int], TrialSpec], clock: Callable[[float], None]
) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, legacy_windows=False, color_system=None)
    count = tally(wanted=10, workers=2)
    count.bests["Baseline"] = (7, 0.74)
    with LiveProgress(console, count) as view:
        shown = Several(count, view)
        shown.submitted(trial(12), resumed=True)
        shown.submitted(trial(13), resumed=False)
        clock(61)
        shown.evaluated(13, result(3))
        shown.noted("waiting for [the database]")
        shown.ended(12, FAILED, "ValueError: [blue]broken[/blue]")
        text = out.getvalue()
    assert "waiting for [the database]\n" in text
    assert "trial 12 failed (nan): ValueError: [blue]broken[/blue]" in text
    assert "1 of 10 trials · 1 failed · best overall 0.740 (trial 7) · about" in text
    head, *rows = last_drawn(text)
    for heading in ("trial", "arm", "epoch", "overall", "sst", "para", "sts", "time"):
        assert heading in head
    assert rows[0].split() == ["—", "idle"]
    [row] = [line for line in rows if line.lstrip().startswith("13")]
    assert rows.index(row) == 1
    for cell in ("[red]", "3/4", "0.732", "0.633", "0.798", "-0.053", "0:01:01"):
        assert cell in row
    below = " ".join(line.strip() for line in rows)
    assert "failed: 1 nan" in below
    assert "best by arm: Baseline 0.740 (trial 7) · [red]S-BERT[/red] :fire: none yet" in below
    assert "left" in below
    assert max(map(len, rows)) <= width
    # With room, all of it is on one line.
    assert ("settings" in head) == (width == 140)
    if width == 140:
        assert ARM in row
        assert "learning_rate 0.00123, dropout 0.3" in row


def test_a_narrow_terminal_shows_a_block_a_worker(trial: Callable[[int], TrialSpec]) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=44, legacy_windows=False, color_system=None)
    count = tally()
    with LiveProgress(console, count) as view:
        shown = Several(count, view)
        shown.submitted(trial(13), resumed=False)
        shown.evaluated(13, result(3))
        lines = [line.rstrip() for line in out.getvalue().splitlines()]
    at = max(place for place, line in enumerate(lines) if "trial 13 · arm" in line)
    assert lines[at].endswith(f"trial 13 · arm {ARM}")
    assert lines[at + 1] == "  epoch 3/4 · overall 0.732 · sst 0.633"
    assert lines[at + 2] == "  para 0.798 · sts -0.053 · time 0:00:00"
    assert lines[at + 3] == "  settings learning_rate 0.00123, dropout"
    assert lines[at + 4] == "  0.3"


def test_each_worker_keeps_its_line(trial: Callable[[int], TrialSpec]) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=140, legacy_windows=False, color_system=None)

    def numbers() -> list[str]:
        return [line.split()[0] for line in last_drawn(out.getvalue())[1:4]]

    count = tally(workers=2)
    with LiveProgress(console, count) as view:
        shown = Several(count, view)
        assert numbers()[:2] == ["—", "—"]
        for number in (0, 1):
            shown.submitted(trial(number), resumed=False)
        shown.submitted(trial(2), resumed=False)  # its result is another's: no worker trains it
        assert numbers() == ["0", "1", "2"]
        shown.ended(2, complete(0.5), "")
        shown.withdrawn(0)
        assert numbers()[:2] == ["—", "1"]
        shown.submitted(trial(3), resumed=True)
        assert numbers()[:2] == ["3", "1"]
        shown.ended(1, complete(0.5), "")
        shown.ended(3, complete(0.5), "")
        assert numbers()[:2] == ["—", "—"]


def last_drawn(text: str) -> list[str]:
    """The table and what is under it, as last drawn, without its trailing blanks."""
    lines = [line.rstrip() for line in text.splitlines()]
    return lines[max(i for i, line in enumerate(lines) if "epoch" in line) :]
