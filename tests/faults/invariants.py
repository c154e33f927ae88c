"""What always holds of a study and its files, at every moment and whoever has died: docs/architecture.md."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import sqlalchemy as sa

from model.config import TrainConfig
from model.files import RunFolder
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.runs.origin import RunOrigin
from sweeper.runs.reading import RunReader
from sweeper.store.study import StudyStore
from sweeper.study.load import stored_study
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.instant import result

ENDED = (RunState.COMPLETE, RunState.PRUNED)


def check(store: StudyStore, home: Path, before: Mapping[int, TrialRow] = {}) -> dict[int, TrialRow]:
    """Looks whether everything holds, of a study of instant trials.

    Args:
        store: The study.
        home: The home of its runs.
        before: Its trials as they stood at an earlier moment.

    Returns:
        Its trials, by number.

    Raises:
        AssertionError: If something does not hold.
    """
    rows = store.trials.rows()
    _numbers(store, rows)
    _places(rows)
    _optuna(store)
    _outcomes(rows, {row.number: row for row in rows})
    _epochs(store, rows)
    _finality(rows, before)
    _files(store, rows, home)
    return {row.number: row for row in rows}


def _numbers(store: StudyStore, rows: list[TrialRow]) -> None:
    """1. Each number is there once, none is left out, and none is above what was asked for."""
    numbers = [row.number for row in rows]
    assert len(numbers) == len(set(numbers)), numbers
    table = sa.table("trials", sa.column("study_id"), sa.column("number"), sa.column("trial_id"))
    mine = sa.select(table.c.number, table.c.trial_id).where(table.c.study_id == store.row.study_id)
    with store.access.reading() as connection:
        rows_there = connection.execute(mine.order_by(table.c.number)).all()
    claimed = {row.number: row.trial_id for row in rows_there}
    assert list(claimed) == list(range(len(claimed)))
    assert len(claimed) <= store.fresh().row.wanted
    assert {row.number: row.trial_id for row in rows}.items() <= claimed.items()


def _places(rows: list[TrialRow]) -> None:
    """2. Each configuration of an arm and seed is there once, and has the same values at all seeds."""
    places = [(row.arm, row.seed, row.configuration) for row in rows]
    assert len(places) == len(set(places)), places
    cells = [(row.arm, row.seed, *row.params.values()) for row in rows]
    assert len(cells) == len(set(cells)), cells
    params = {(row.arm, row.configuration): row.params for row in rows}
    assert all(row.params == params[row.arm, row.configuration] for row in rows)


def _optuna(store: StudyStore) -> None:
    """3. Optuna's tables have every trial in the state that it has in ours: no outcome without its tell."""
    assert store.trials.untold() == []


def _outcomes(rows: list[TrialRow], by_number: Mapping[int, TrialRow]) -> None:
    """4. What a trial has is what its configuration gives, and a reused result is that of its source."""
    for row in rows:
        config = TrainConfig.model_validate(row.config)
        assert (row.halvings, config.accumulation) in ((0, 1), (1, 2)), row
        begun = row.state in (RunState.RUNNING, *ENDED) and row.reused_from is None
        assert row.attempts > 0 or not begun, row
        if row.state is RunState.RUNNING:
            assert row.finished is row.scores is row.error_class is None, row
        if row.state is RunState.COMPLETE:
            best = result(config, config.epochs - 1)
            assert row.scores == {"overall": best.overall, **best.dev_scores()}, row
        if row.reused_from is not None:
            source = by_number[row.reused_from]
            assert (source.state, source.reused_from) == (RunState.COMPLETE, None), row
            assert source.digest == row.digest, row


def _epochs(store: StudyStore, rows: list[TrialRow]) -> None:
    """5. Each metric of each epoch is there once; of a complete trial, of all epochs."""
    frame = store.trials.epochs_frame()
    assert not frame.duplicated(["number", "epoch", "split", "task", "metric"]).any()
    found = frame[frame["task"] == "overall"].set_index(["number", "epoch"])["value"].to_dict()
    seen = {number: [epoch for _, epoch in group] for number, group in groupby(sorted(found), lambda k: k[0])}
    for row in rows:
        config = TrainConfig.model_validate(row.config)
        epochs = seen.get(row.number, [])
        assert epochs == list(range(1, len(epochs) + 1)), row
        assert len(epochs) == config.epochs or row.state is not RunState.COMPLETE, row
        for epoch in epochs:
            assert found[row.number, epoch] == result(config, epoch).overall, row


def _finality(rows: list[TrialRow], before: Mapping[int, TrialRow]) -> None:
    """6. A trial that is complete or pruned stays as it is; one that has failed, until it is retried."""
    now = {row.number: row for row in rows}
    assert before.keys() <= now.keys()
    for number, was in before.items():
        same = now[number] == replace(was, lease_expires=now[number].lease_expires)
        assert same or was.state not in ENDED, f"{was}\n{now[number]}"
        assert now[number].attempts >= was.attempts, f"{was}\n{now[number]}"
        assert now[number].halvings >= was.halvings, f"{was}\n{now[number]}"


def _files(store: StudyStore, rows: list[TrialRow], home: Path) -> None:
    """7. A file is read by its own trial or by none, and none of a living study is left out."""
    folder = StudyFolder(Home(home), store.row)
    reader = RunReader(folder, stored_study(store.row).tasks)
    for row in rows:
        run = RunFolder(folder.run(row.number))
        origin = RunOrigin.read(run.root)
        assert origin is None or (origin.study, origin.trial) == (store.row.uuid, row.number)
        if row.state is RunState.COMPLETE and run.weights.exists():
            config = TrainConfig.model_validate(row.config)
            assert reader.weights(row) == run.weights, reader.left_out
            assert run.weights.read_text() == f"{config.fingerprint()} {config.epochs - 1}"
    assert reader.left_out == []


def check_weights(store: StudyStore, home: Path) -> None:
    """8. Once a study has ended, the best trial of each arm has its weights, if it was trained, alone."""
    folder = StudyFolder(Home(home), store.row)
    rows = [row for row in store.trials.rows() if row.state is not RunState.FAILED]  # those may be retried
    complete = [row for row in rows if row.state is RunState.COMPLETE]
    for arm in {row.arm for row in complete}:
        of_arm = [row for row in rows if row.arm == arm]
        best = max(row.scores["overall"] for row in complete if row.arm == arm and row.scores is not None)
        having = [row.number for row in of_arm if RunFolder(folder.run(row.number)).weights.exists()]
        trained = [
            row.number
            for row in complete
            if (row.arm, row.reused_from) == (arm, None) and (row.scores or {})["overall"] == best
        ]
        assert having == trained[:1], (arm, having, trained)
