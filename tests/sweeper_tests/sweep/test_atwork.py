"""One sweep of a study at a time in a process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.executors.protocol import Event
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from sweeper.trial import RunState
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor

SAID = (
    "study 'quickstart@demo' is being run by this process already: "
    "wait until that sweep has ended, or stop it"
)


class Meanwhile(InstantExecutor):
    """Does something in another thread while its second trial is under way."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self.work: Callable[[], object] | None = work

    def poll(self, timeout: float) -> list[Event]:
        if self.work and len(self.submitted) == 2:
            work, self.work = self.work, None
            with ThreadPoolExecutor(1) as pool:
                pool.submit(work).result()
        return super().poll(timeout)


def test_a_second_sweep_of_a_study_in_another_thread_is_refused(study: Study, places: Places) -> None:
    second = InstantExecutor()

    def again() -> None:
        with pytest.raises(InputError) as caught:
            sweep(study, places, 9, second)
        assert str(caught.value) == SAID

    first = Meanwhile(again)
    assert sweep(study, places, 4, first)[0].finished == 4
    assert (first.work, second.submitted) == (None, [])
    with Database(places.storage) as database:
        store = database.study(study.name)
        rows = store.trials.rows()
    assert store.row.wanted == 4  # nothing was changed before it was refused
    assert [(row.state, row.attempts) for row in rows] == [(RunState.COMPLETE, 1)] * 4


def test_two_that_begin_a_study_at_once_do_not_both_run_it(
    study: Study, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither has found it stored."""

    def again() -> None:
        with pytest.raises(InputError, match="by this process already"):
            sweep(study, places, 4)

    monkeypatch.setattr("sweeper.sweep.sweep.check_alone", lambda store: None)
    assert sweep(study, places, 4, Meanwhile(again))[0].finished == 4


def test_other_studies_run_beside_it_and_so_does_its_namesake_in_another_database(
    study: Study, places: Places, tmp_path: Path
) -> None:
    other = replace(study, spec=study.spec.model_copy(update={"name": "other"}))
    elsewhere = replace(
        places, storage=f"sqlite:///{tmp_path}/elsewhere.db", home=Home(tmp_path / "elsewhere")
    )

    def others() -> None:
        assert sweep(other, places, 2)[0].finished == 2
        assert sweep(study, elsewhere, 2)[0].finished == 2

    first = Meanwhile(others)
    assert sweep(study, places, 4, first)[0].finished == 4
    assert first.work is None


def test_a_sweep_that_broke_off_leaves_the_study_to_the_next_one(study: Study, places: Places) -> None:
    with pytest.raises(KeyboardInterrupt):
        sweep(study, places, 4, InstantExecutor(dies_after=4))
    assert sweep(study, places, 4)[0].finished == 4
