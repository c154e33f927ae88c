"""Renames, archives and deletes studies under six drivers, and kills whoever does it at every step.

    python -m tests.faults.lives --rounds 3

Each of the commands is killed before each of its statements, and before each change that it makes on the
disk, one after the other, and then typed again; after that, answers of the database are lost to it. Meanwhile
six drivers (``stepped.py``) work on a study, on its confirmation and on a third one, and some of them are
killed too. A study on which a driver is at work is not deleted. Demanded after every kill and every command:
what ``invariants.py`` says of every study that nobody named to be deleted; its row and its trials are there,
under one of the two names, the same in both sets of tables; no row and no folder is of no study, but of one
whose deletion was cut short; nothing at all once the same command was typed again. At the end every study is
brought to its end by its drivers, all trials complete.
"""

import argparse
import random
import sys
import tempfile
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sweeper.errors import ConflictError
from sweeper.paths import Home
from sweeper.runs.mark import LocalRuns, read_mark
from sweeper.store.belonging import STUDIES, belonging, optuna_studies, study_tables
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.tables import sweep
from sweeper.study.load import stored_study
from sweeper.study.named import confirmation_name
from sweeper.study.study import Study
from sweeper.sweep.deletion import delete_study, remove_files
from sweeper.trial import RunState, TrialRow
from tests.faults import postgresql
from tests.faults.hand import Do, Hand, mortal_on_disk
from tests.faults.invariants import check
from tests.faults.stepped import ELSEWHERE, HERE, KilledError, Stage, SteppedDriver, finish, stage
from tests.faults.stories import copies, copies_on
from tests.faults.verdict import Verdict
from tests.sweeper_tests import made

DRIVERS = 6


class Lives:
    """Three studies in one home, six drivers at work on them, and commands that are cut short.

    Args:
        url: Of a database with all tables.
        folder: Of the home.
        stage: Where the drivers act.
        seed: Of what happens by chance, and the first step at which a command is killed.
        stride: Every how many steps it is.

    Attributes:
        kills: How many commands were killed.
    """

    def __init__(self, url: str, folder: Path, stage: Stage, seed: int, stride: int) -> None:
        self.kills = self.lost = self.refused = 0
        self._url, self._stage = url, stage
        self._home = Home(folder)
        self._first, self._stride = seed % stride, stride
        self._random = random.Random(seed)
        self._numbers, self._pids = count(), count(1)
        self._studies: dict[str, Study] = {}
        self._doomed: set[str] = set()
        self._seen: dict[str, dict[int, TrialRow]] = {}
        self._living: list[SteppedDriver] = []
        for name in ("moved", "moved-confirm", "kept"):
            self._begin(name)

    def tell(self) -> None:
        """All commands, killed at every step; then the end."""
        for command in (self._renaming, self._archiving, self._restoring, self._noting, self._deleting):
            for killed_at in count(self._first, self._stride):
                if not self._cut_short(command(), killed_at=killed_at):
                    break
            for lost in count(self._first, self._stride):
                if not self._cut_short(command(), lost=lost):
                    break
        finish(self._living)
        for uuid in list(self._studies):
            finish([self._start(uuid)])
        self._check()
        with Database(self._url, clock=self._stage) as database:
            for store in database.studies():
                rows = store.trials.rows()
                assert [row.number for row in rows] == list(range(store.row.wanted))
                assert {row.state for row in rows} == {RunState.COMPLETE}

    # What happens

    def _cut_short(self, do: Do, killed_at: int | None = None, lost: int | None = None) -> bool:
        """Types a command that is disturbed, again if it was killed; returns whether it was disturbed."""
        self._meanwhile()
        hand = Hand(do, self._url, self._stage)
        error = hand.type(killed_at, lost)
        killed = isinstance(error, KilledError)
        if error is not None and not killed:
            raise error
        self._check()
        if not killed:
            self._doomed.clear()
            heard = lost is not None and hand.answers_left is None
            self.lost += heard
            return heard
        self.kills += 1
        self._meanwhile()
        again = Hand(do, self._url, self._stage).type()
        if again is not None:
            raise again
        self._doomed.clear()
        self._check()
        return True

    def _meanwhile(self) -> None:
        """Drivers go on, one may be killed, and others begin."""
        for driver in self._living:
            driver.advance(self._random.randint(0, 2))
        if self._living and self._random.random() < 0.2:
            self._kill(self._random.choice(self._living), self._random.randint(0, 20))
        self._living = [driver for driver in self._living if driver.alive]
        while len(self._living) < DRIVERS:
            driver = self._start(self._random.choice(list(self._studies)))
            if not driver.alive:  # its study has ended
                break
            self._living.append(driver)

    def _kill(self, driver: SteppedDriver, statement: int) -> None:
        driver.kill_before_statement(statement, 1)
        self._stage.dead.add(driver.owner)

    def _begin(self, name: str) -> str:
        study = made.study(
            made.WORKLOAD,
            name=name,
            base={"epochs": 3},
            arms={"Mean": {}, "The same": {"encoder.pooling": "mean"}},
            space={"learning_rate": [1e-5, 1e-4, 1e-3, 1e-2], "dropout": [0.1, 0.2, 0.3, 0.4]},
            sampler={"name": "random"},
            seeds=(1, 2),
        )
        with Database(self._url, clock=self._stage) as database:
            uuid = made.begin(database, study, 64).row.uuid
        self._studies[uuid] = study
        return uuid

    def _start(self, uuid: str, here: bool = True) -> SteppedDriver:
        owner = Owner(HERE if here else ELSEWHERE, next(self._pids), "1")
        with Database(self._url, clock=self._stage) as database:
            study = stored_study(next(one.row for one in database.studies() if one.row.uuid == uuid))
        return SteppedDriver(self._url, study, None, self._home.root, owner, self._stage)

    def _renaming(self) -> Do:
        name = f"moved{next(self._numbers)}@demo"
        return lambda database: _moved(database).life.rename(name)

    def _archiving(self) -> Do:
        return lambda database: _moved(database).life.archive(True)

    def _restoring(self) -> Do:
        return lambda database: _moved(database).life.archive(False)

    def _noting(self) -> Do:
        text = f"note {next(self._numbers)}"
        return lambda database: _moved(database).events.note(text)

    def _deleting(self) -> Do:
        """Of a study of its own, on which a driver has worked that is dead by then."""
        name = f"doomed{next(self._numbers)}"
        uuid = self._begin(name)
        driver = self._start(uuid)
        driver.advance(self._random.randint(3, 9))
        do = self._delete(f"{name}@demo")
        before = self._rows()
        error = Hand(do, self._url, self._stage).type()
        assert isinstance(error, ConflictError), error
        assert self._rows() == before
        self.refused += 1
        self._kill(driver, self._random.randint(0, 8))
        del self._studies[uuid]
        self._doomed.add(uuid)
        return do

    def _delete(self, name: str) -> Do:
        def do(database: Database) -> None:
            """As `sweeper delete --yes` does."""
            for deleted in database.deletions.unfinished(name):
                remove_files(database, self._home, deleted)
            store = database.find(name)
            if store is not None:
                delete_study(database, self._home, store)

        return do

    # What must hold

    def _check(self) -> None:
        with Database(self._url, clock=self._stage) as database:
            stores = {store.row.uuid: store for store in database.studies()}
            assert self._studies.keys() <= stores.keys() <= self._studies.keys() | self._doomed
            for uuid, store in stores.items():
                row = store.row
                self._seen[uuid] = check(store, self._home.root, self._seen.get(uuid, {}))
                assert stored_study(row).name == row.name
                store.check_counterpart()
            mine = _moved(database).row.name
            assert confirmation_name(mine) in {store.row.name for store in stores.values()}
            self._check_rows(database)
        for folder in (self._home.root / "runs").glob("[!.]*"):  # what is being removed has a hidden name
            mark = read_mark(LocalRuns(folder.parent), folder.name)
            assert mark is not None, f"{folder.name}: of no study"
            assert mark.uuid in self._studies.keys() | self._doomed, f"{folder.name}: of a deleted study"

    def _check_rows(self, database: Database) -> None:
        """No row is of no study."""
        with database.access.reading() as connection:
            keys = connection.execute(sa.select(sweep.c.id, sweep.c.study_id)).all()
            roots = {
                STUDIES: optuna_studies().c.study_id.in_([key.study_id for key in keys]),
                sweep.name: sweep.c.id.in_([key.id for key in keys]),
            }
            for table in study_tables():
                rows = sa.select(sa.func.count()).select_from(table)
                every = connection.execute(rows).scalar_one()
                assert connection.execute(rows.where(belonging(table, roots))).scalar_one() == every, table

    def _rows(self) -> dict[str, Any]:
        """All rows of the database."""
        with Database(self._url, clock=self._stage) as database, database.access.reading() as connection:
            return {
                table.name: connection.execute(sa.select(table).order_by(*table.primary_key)).all()
                for table in study_tables()
            }

    def close(self) -> None:
        """Ends the drivers."""
        for driver in self._living:
            with suppress(BaseException):
                driver.kill()


def _moved(database: Database) -> Any:
    """The study that is renamed and put away."""
    return next(
        store
        for store in database.studies()
        if store.row.name.startswith("moved") and "-confirm" not in store.row.name
    )


def tell(url: str, folder: Path, seed: int = 0, stride: int = 1) -> Lives:
    """Tells one round, of `Lives`; returns its counts.

    Raises:
        AssertionError: If something is lost, or of nobody.
    """
    with stage() as where, mortal_on_disk():
        lives = Lives(url, folder, where, seed, stride)
        try:
            lives.tell()
        finally:
            lives.close()
    return lives


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="on each kind of database (default: 3)")
    parser.add_argument("--seed", type=int, default=0, help="of the first round (default: 0)")
    given = parser.parse_args()
    verdict, kills, lost, refused = Verdict(), 0, 0, 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        kinds = {"SQLite": copies(Path(name))}
        if postgresql.available():
            kinds["PostgreSQL"] = copies_on(stack.enter_context(postgresql.server(Path(name) / "server")))
        else:
            print(f"PostgreSQL: skipped: {postgresql.MISSING}")
        for kind, new_url in kinds.items():
            for number in range(given.seed, given.seed + given.rounds):
                place = Path(name) / f"{kind}-{number}"
                with verdict.case(f"{kind}, round {number}"):
                    told = tell(new_url(place), place / "home", number)
                    kills, lost, refused = kills + told.kills, lost + told.lost, refused + told.refused
    sys.exit(verdict.exit_code(f"{kills} commands killed, {lost} answers lost, {refused} deletions refused"))


if __name__ == "__main__":
    main()
