"""When the page that is served is made again, and what stands in its place."""

from pathlib import Path

import pytest

from sweeper.clock import SystemClock
from sweeper.errors import DatabaseError, InputError
from sweeper.paths import Home
from sweeper.report import live
from sweeper.report.live import LivePage
from sweeper.store.database import Database
from sweeper.trial import RunState
from sweeper.url import Url
from tests.sweeper_tests.made import add, begin, epochs, row, study

OF = study()


class Stepped(SystemClock):
    """A clock that goes when it is told to."""

    moment = 100.0

    def monotonic(self) -> float:
        return self.moment


class Watch:
    """A page, with a clock that goes on before each question."""

    def __init__(self, folder: Path, name: str | None = None) -> None:
        self.clock, self.took = Stepped(), 0.0
        self.storage = Url(f"sqlite:///{folder}/studies.db")
        self.page = LivePage(self.storage, name, Home(folder), clock=self.clock, processor=lambda: self.took)

    def version(self, later: float = 2.0) -> str:
        self.clock.moment += later
        return self.page.version()[0]


def test_what_a_report_shows_makes_a_new_version_and_nothing_else_does(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    seen = [watch.version()]
    assert "no studies yet" in str(watch.page.wait_or_fail())
    assert "no studies yet" in watch.page.text()

    def new() -> bool:
        seen.append(watch.version())
        return seen[-1] not in seen[:-1] and seen[-1] == watch.version()

    assert not new()
    with Database(watch.storage) as database:
        made = begin(database, OF, 5)
        assert new()
        assert watch.page.wait_or_fail() is None
        add(made, OF, [row(OF, 0, "S-BERT", state=RunState.RUNNING)])
        assert new()
        made.leases("host:1", 60.0).renew()
        assert not new()
        first, *_ = epochs(OF, row(OF, 0, "S-BERT", (0.5, 0.5, 0.5)))
        made.outcomes("host:1").epoch(0, first)
        assert new()
        add(made, OF, [row(OF, 1, "Baseline", state=RunState.FAILED, error="boom")])
        assert new()
        assert made.retry() == [1]
        assert new()
        made.set_wanted(9)
        assert new()
        made.events.note("not in a report")
        begin(database, study(name="other"), 5)
        assert not new()
        made.life.rename("called@demo")
        assert new()
        text = watch.page.text()
        assert "called@demo" in text
        assert watch.page.text() is text
        # What is gone stays as it was shown, and that is said.
        found = database.find("called@demo")
        assert found is not None
        found.leases("host:1", 60.0).release()
        database.deletions.delete(found)
        assert not new()
        assert watch.page.version()[1] == "study 'called@demo' is not in the database any more"
        assert watch.page.text() is text


def test_a_page_that_takes_long_is_made_the_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(tmp_path)

    def slow(*_: object, **__: object) -> str:
        watch.took += 3.0  # of the processor, which it had for a tenth of the time
        watch.clock.moment += 30.0
        return "slow"

    monkeypatch.setattr(live, "served_page", slow)
    with Database(watch.storage) as database:
        made = begin(database, OF, 5)
        before = watch.version()
        assert watch.page.text() == "slow"
        made.set_wanted(6)
        assert watch.version(-1.0) == before  # 29 s after it was begun
        assert watch.version(2.0) != before


def test_many_who_ask_open_the_database_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, opened = Watch(tmp_path), list[object]()
    monkeypatch.setattr(
        live,
        "Database",
        lambda *given, **how: opened.append(how) or Database(*given, **how),  # type: ignore[func-returns-value]
    )
    for _ in range(20):
        watch.version(0.25)
    assert opened == [{"must_exist": True, "read_only": True}] * 5


def test_a_study_that_cannot_be_read_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(tmp_path)
    with Database(watch.storage) as database:
        begin(database, OF, 5)
        version = watch.version()
        with monkeypatch.context() as patch:
            patch.setattr(live, "served_page", _locked)
            text = watch.page.text()
        assert "the database is locked &lt;now&gt;" in text
        assert 'data-version=""' in text
        assert f'data-version="{version}"' in watch.page.text()


def _locked(*_: object, **__: object) -> str:
    raise DatabaseError("the database is\nlocked <now>")


def test_waiting_is_of_no_use_for_what_has_no_page(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path}/studies.db") as database:
        begin(database, OF, 5)
    assert "has never run" in str(Watch(tmp_path, "maid").page.wait_or_fail())
    with pytest.raises(InputError, match="--beside made@demo: was not imported"):
        LivePage(Url(f"sqlite:///{tmp_path}/studies.db"), None, Home(tmp_path), ["made"]).wait_or_fail()
    with pytest.raises(DatabaseError, match=str(tmp_path)):
        LivePage(Url(f"sqlite:///{tmp_path}"), None, Home(tmp_path)).wait_or_fail()
