"""`sweeper ensemble` from the command line, its figures computed once more from the files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from model.predictions import Predictions, save_predictions
from sweeper.export.ensembles.halves import halve, rows_at
from sweeper.export.ensembles.stored import StoredEnsemble, choose_from, read_pool
from sweeper.store.database import Database
from sweeper.text import difference, score
from tests.sweeper_tests.export.ensembles.drawn import (
    CLASSES,
    STUDY,
    TASKS,
    Left,
    Run,
    drawn,
    peer_ensemble,
    peer_scores,
    stored,
)
from tests.sweeper_tests.typed import ROOT, Command, contents, refused

FIRST, SECOND = STUDY.spec.arms


@pytest.fixture
def typed(left: Left, sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name, value in left.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "110")
    return lambda *words: sweeper("ensemble", *words)


def chosen(left: Left, top: int | None = None, seeds: bool = False, arm: str | None = None) -> StoredEnsemble:
    with Database(left.url) as database:
        store = database.find(STUDY.name)
        assert store is not None
        return choose_from(read_pool(store, left.home, arm), top=top, seeds=seeds)


@pytest.mark.parametrize("way", [{"top": 3}, {"seeds": True}, {}], ids=["top", "seeds", "greedy"])
def test_both_scores_are_those_of_the_files(left: Left, way: dict[str, int]) -> None:
    found = chosen(left, **way)  # type: ignore[arg-type]
    runs = [stored(left, number) for number in found.picks]
    ensemble, single = peer_ensemble(runs, list(found.picks.values())), stored(left, found.best.run.number)
    for places, both in (
        (found.halves.choosing, found.chosen),
        (found.halves.scoring, found.scored.scores),
    ):
        for run, scores in zip((ensemble, single), both, strict=True):
            expected = peer_scores(rows_at(run, places))
            assert {*scores} == {*expected}
            for name, value in expected.items():
                assert scores[name] == pytest.approx(value, abs=1e-9), name
    for name, gap in found.scored.gaps.items():
        ours, theirs = (scores[name] for scores in found.scored.scores)
        assert gap.value == pytest.approx(ours - theirs, abs=1e-12)
        for side, intervals in zip((ours, theirs), found.scored.intervals, strict=True):
            assert intervals[name].low <= side <= intervals[name].high


def test_the_intervals_are_those_of_scipys_bootstrap(left: Left) -> None:
    found = chosen(left, top=3)
    single = rows_at(stored(left, found.best.run.number), found.halves.scoring)
    ensemble = rows_at(found.predictions, found.halves.scoring)
    right = [one["sst"].predicted == one["sst"].labels for one in (ensemble, single)]
    for values, interval in (
        (right[0], found.scored.intervals[0]["sst"]),
        (right[0].astype(float) - right[1], found.scored.gaps["sst"].interval),
    ):
        peer = stats.bootstrap((values,), np.mean, n_resamples=9999, method="percentile", rng=3)
        ends = peer.confidence_interval
        # Thirty rows: a step of an end is one row.
        assert (interval.low, interval.high) == pytest.approx((ends.low, ends.high), abs=1 / 30)
    x, y = ensemble["sts"].predicted, ensemble["sts"].labels
    peer = stats.bootstrap(
        (x, y),
        lambda x, y, axis=-1: stats.pearsonr(x, y, axis=axis).statistic,
        paired=True,
        n_resamples=5000,
        method="percentile",
        rng=4,
    )
    own = found.scored.intervals[0]["sts"]
    ends = peer.confidence_interval
    assert (own.low, own.high) == pytest.approx((ends.low, ends.high), abs=0.02)


def test_the_terminal_has_members_formula_scores_and_what_they_hold_for(left: Left, typed: Command) -> None:
    found = chosen(left)
    said = typed("--greedy")
    assert (said.code, said.err) == (0, "")
    picks = sum(found.picks.values())
    assert f"{picks} picks of at most 25, of 6 trials\n" in said.out
    assert "\noverall = (sst + para + (sts + 1) / 2) / 3\n" in said.out
    for number, count in found.picks.items():
        arm = FIRST if number < 3 else SECOND
        assert re.search(rf"^trial {number} +{arm} +{count} of {picks} ", said.out, re.MULTILINE)
    ours, theirs = found.scored.scores
    lines = [line.split() for line in said.out.splitlines()]
    for name in ("overall", *TASKS):
        [chose, other] = [line for line in lines if line[:1] == [name] and "=" not in line]
        assert chose[1:] == [
            score(found.chosen[0][name]),
            score(found.chosen[1][name]),
            difference(found.chosen[0][name] - found.chosen[1][name]),
        ]
        assert [other[1], other[4], other[7]] == [
            score(ours[name]),
            score(theirs[name]),
            difference(ours[name] - theirs[name]),
        ]
    text = " ".join(said.out.split())
    assert "On the rows that chose, sst 31, para 20, sts 26, where both are too high:" in text
    assert "On the other rows, sst 30, para 20, sts 25:" in text
    assert "were chosen on 77 dev rows and scored on 75 others" in text
    assert "were chosen on all dev rows: both scores may be too high" in text
    assert "test rows" not in text
    assert text.endswith(" ".join(STUDY.workload.notice.split()))
    assert max(map(len, said.out.splitlines())) <= 110


def test_an_arm_s_trials_alone(left: Left, typed: Command) -> None:
    found = chosen(left, seeds=True, arm=SECOND)
    assert {*found.picks} == {3, 4}
    assert found.best.run.number >= 3
    assert (
        f"all seeds of the best configuration, of 3 trials of arm {SECOND}\n"
        in typed("--seeds", "--arm", SECOND).out
    )
    assert {*chosen(left, seeds=True).picks} == {0, 1, 2}


def other_rows(run: Run) -> Run:
    sst = run["sst"]
    return run | {"sst": Predictions(np.char.add(sst.ids, "x"), sst.predicted, sst.labels, scores=sst.scores)}


def without_outputs(run: Run) -> Run:
    return {name: Predictions(one.ids, one.predicted, one.labels) for name, one in run.items()}


def test_what_cannot_be_averaged_is_left_out_in_one_line(left: Left, typed: Command) -> None:
    left.run(0).predictions.unlink()
    save_predictions(left.run(1).predictions, without_outputs(drawn(1)))
    left.run(2).predictions.write_bytes(b"no archive")
    left.rescore(3, other_rows(drawn(3)))
    said = typed("--top", "2")
    assert said.code == 0
    assert said.err.splitlines() == [
        "Warning: trial 0 is left out: no stored predictions; trial 1 is left out: no stored outputs of the "
        "head, which older versions did not keep, and no bundle holds; trial 3 is left out: other dev "
        "rows than most; runs/made@demo/2/predictions.npz is left out: it is damaged"
    ]
    assert "of 2 trials\n" in said.out
    left.sql("UPDATE run SET fingerprint = 'a' WHERE number = 4")
    assert "of 2 trials\n" in typed("--top", "2").out
    left.sql("UPDATE run SET fingerprint = 'b' WHERE number = 5")
    said = typed("--top", "2")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "Error: study 'made@demo' has 1 network with stored predictions that can be averaged" in said.err
    assert "trial 5 is left out: other data than most" in said.err
    # Where its settings say so, a trial may train on other rows: those that are predicted are the same.
    left.sql("UPDATE run SET config = json_set(config, '$.remove_dev_rows', json('true')) WHERE number = 5")
    assert "of 2 trials\n" in typed("--top", "2").out


def test_predictions_for_other_tasks_or_other_scores_are_left_out(left: Left, typed: Command) -> None:
    fewer = drawn(0)
    del fewer["para"]
    save_predictions(left.run(0).predictions, fewer)
    save_predictions(left.run(1).predictions, drawn(2))
    said = typed("--greedy")
    assert said.err.count("does not give the recorded scores of trial") == 2
    assert said.err.count("\n") == 1


def test_a_result_that_is_reused_is_the_network_that_was_trained(left: Left, typed: Command) -> None:
    left.run(4).predictions.unlink()
    left.sql("UPDATE run SET reused_from = 0 WHERE number = 4")
    found = chosen(left, seeds=True, arm=SECOND)
    assert {*found.picks} == {3, 4}
    np.testing.assert_allclose(
        found.predictions["sts"].predicted,
        (drawn(3)["sts"].predicted + drawn(0)["sts"].predicted) / 2,
    )
    assert "only 5 networks" in typed("--top", "6").err
    left.sql("UPDATE run SET reused_from = 77 WHERE number = 4")
    assert "trial 4 is left out: trial 77, whose result it has, cannot be read" in typed("--greedy").err


def test_test_rows_are_scored_where_every_member_has_them(left: Left, typed: Command) -> None:
    picks = chosen(left, top=3).picks
    numbers = [*picks]
    for number in numbers[1:]:
        left.add_test(number, drawn(number, "test"))
    assert (
        f"On test rows it is not scored: trial {numbers[0]} left no predictions of them.\n"
        in typed("--top", "3").out
    )
    left.add_test(numbers[0], drawn(numbers[0], "test"))
    found = chosen(left, top=3)
    assert found.picks == picks
    scored = found.tested.scored
    assert scored is not None
    ensemble = peer_ensemble([drawn(number, "test") for number in numbers], [1, 1, 1])
    for run, scores in zip((ensemble, drawn(found.best.run.number, "test")), scored.scores, strict=True):
        for name, value in peer_scores(run).items():
            assert scores[name] == pytest.approx(value, abs=1e-9)
    assert "\nOn test rows, sst 61, para 40, sts 51:\n" in typed("--top", "3").out
    # Those of another epoch, or of another trial, are none of its own.
    save_predictions(left.run(numbers[0]).test_predictions, drawn(numbers[1], "test"))
    assert chosen(left, top=3).tested.scored is None
    left.sql("DELETE FROM epoch_metric WHERE split = 'test'")
    assert "test rows" not in typed("--top", "3").out


def test_the_file_has_members_and_predictions(left: Left, typed: Command, folder: Path) -> None:
    assert typed("--top", "2", "--output", "out/found.json").out.endswith("\nPredictions: out/found.json\n")
    written, found = json.loads((folder / "out/found.json").read_text()), chosen(left, top=2)
    assert written["members"] == [{"trial": number, "picks": 1} for number in found.picks]
    assert written["overall"] == "overall = (sst + para + (sts + 1) / 2) / 3"
    expected = peer_ensemble([stored(left, number) for number in found.picks], [1, 1])
    halves = halve(TASKS, expected, STUDY.spec.sampler.seed)
    for name, one in expected.items():
        own = written["dev"][name]
        assert own["id"] == one.ids.tolist()
        np.testing.assert_allclose(own["prediction"], one.predicted, rtol=1e-12)
        assert written["scored_on"][name] == halves.scoring[name].tolist()
        if name in CLASSES:
            shares = np.array([*own["probability"].values()])
            np.testing.assert_allclose(shares.sum(axis=0), 1)
            np.testing.assert_array_equal(shares.argmax(axis=0), one.predicted)
    assert written["test"] == {}


def test_bad_input_is_one_line(left: Left, typed: Command, sweeper: Command) -> None:
    for words, said_of in (
        ((), "name one of --top K, --seeds and --greedy: none is given"),
        (("--top", "2", "--seeds"), "--seeds and --greedy: not --top 2 and --seeds"),
        (("--seeds", "--greedy"), "not --seeds and --greedy"),
        (("--top", "1"), "must be greater than or equal to 2"),
        (("--top", "7"), "--top 7: only 6 networks with stored predictions can be averaged"),
        (("--greedy", "--arm", "Baselin"), "has no arm 'Baselin'; did you mean 'Baseline'?"),
        (("--greedy", "--output", "."), "--output '.' is a folder: name a file"),
        (("--greedy", "--output", "x.tsv"), "--output 'x.tsv': suffix '.tsv' is not known; known: .json"),
        (("none", "--greedy"), "study 'none' has never run"),
    ):
        assert said_of in refused(sweeper, "ensemble", *words)


def test_no_word_of_a_study_commands_the_terminal_and_nothing_is_changed(left: Left, typed: Command) -> None:
    name = "[red]\x1b[2J"
    left.sql("UPDATE run SET arm = ? WHERE arm = ?", name, SECOND)
    left.sql("UPDATE sweep SET study = replace(study, ?, ?)", f'"{SECOND}"', json.dumps(name))
    before = contents(left.home.root)
    said = typed("--seeds", "--arm", name)
    assert said.code == 0, said.err
    assert "[red]\\x1b[2J" in said.out
    assert "\x1b" not in said.out + said.err
    assert contents(left.home.root) == before


def test_no_library_that_trains_is_loaded(left: Left) -> None:
    code = (
        "import atexit, sys; from sweeper.cli import main; "
        "atexit.register(lambda: print(*({'torch', 'transformers', 'optuna'} & {*sys.modules}), 'loaded')); "
        "main(['ensemble', '--greedy'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)} | left.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "loaded"
