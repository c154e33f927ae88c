"""A trial within its epoch, in a line of the live views, and nowhere else."""

import io
from dataclasses import replace

from rich.console import Console

from model.result import EpochResult
from model.steps import StepReport
from sweeper.observers.notebook import NotebookProgress
from sweeper.observers.pace import pace_line
from sweeper.observers.several import Several
from sweeper.observers.tally import Tally, UnderWay
from sweeper.observers.terminal import LiveProgress, PlainProgress
from sweeper.study.study import Study
from sweeper.trial import TrialSpec

REPORT = StepReport(140, 1.2345, 3e-5, 210, 10.4, 812.3)
SECOND = EpochResult(1, 0.5, True, (), 1.0, 1.7, {}, {}, 700.0)


def spec(study: Study) -> TrialSpec:
    params = {"learning_rate": 1e-3, "dropout": 0.3}
    return TrialSpec(7, "S-BERT", params, study.config("S-BERT", params, 11711), 11711, 7)


def test_the_line_says_what_is_known(study: Study) -> None:
    running = UnderWay(spec(study), False, 0.0, SECOND, REPORT)
    said = "trial 7 S-BERT seed 11711 epoch 2/4 step 140/210 loss 1.23 lr 3e-5 12 s left in the epoch 812 MiB"
    assert pace_line(running) == said
    first = replace(running, result=None, report=StepReport(3, 12345.6, 0.01, 210, 3725.0))
    line = "trial 7 S-BERT seed 11711 epoch 1/4 step 3/210 loss 1.23e+04 lr 0.01 1:02:05 left in the epoch"
    assert pace_line(first) == line
    own = replace(running, report=StepReport(9, 0.5, 1e-10))
    assert pace_line(own) == "trial 7 S-BERT seed 11711 epoch 2/4 step 9 loss 0.5 lr 1e-10 700 MiB"
    assert pace_line(replace(running, report=None)) is None


def test_the_live_views_show_it_until_the_epoch_ends_and_a_plain_stream_never(study: Study) -> None:
    terminal, plain, cell = io.StringIO(), io.StringIO(), list[str]()
    count = Tally(2, ("S-BERT",))
    console = Console(file=terminal, force_terminal=True, width=140, color_system=None)
    live, notebook = LiveProgress(console, count), NotebookProgress(count, cell.append)
    heard = Several(count, live, notebook, PlainProgress(Console(file=plain), count))
    with live:
        heard.submitted(spec(study), resumed=False)
        before = plain.getvalue()
        heard.progressed(7, REPORT)
        live._live.refresh()
        assert (
            "epoch 1/4 step 140/210 loss 1.23 lr 3e-5 10 s left in the epoch 812 MiB" in terminal.getvalue()
        )
        assert "step 140/210" in cell[-1]
        assert plain.getvalue() == before
        terminal.truncate(0)
        heard.evaluated(7, SECOND)
        assert "step" not in terminal.getvalue()
        assert "step" not in cell[-1]


def test_the_time_left_of_the_study_counts_steps(study: Study) -> None:
    count = Tally(2, ("S-BERT",))
    count.durations = [100.0]
    count.submitted(spec(study), resumed=False)
    count.evaluated(7, SECOND)
    count.progressed(7, replace(REPORT, step=105))
    assert count.under_way[7].share == 1.5 / 4
    assert count.seconds_left() == 100.0 * (2 - 1.5 / 4)
