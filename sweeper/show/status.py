"""A study in words: how far it is, what changed, and which trials need attention."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..observers.tally import Tally
from ..paths import Home
from ..runs.folder import StudyFolder
from ..store.owners import Owner
from ..store.study import StudyStore
from ..text import one_line, plural, shown
from ..trial import RunState, Standing
from .disk import disk_line

MOST_FAILURES = 20
"""Failed trials that are listed one by one, the latest ones."""

WATCH_SECONDS = 2.0


def overview(store: StudyStore, home: Home | None = None) -> list[str]:
    """How far a study has come: the counts, best trials, failures and changes; then `attention`.

    Args:
        store: The study.
        home: Where its runs are, if what they take on the disk is to be said too.
    """
    standings, row = store.trials.standings(), store.row
    abandoned = _abandoned(store, standings)
    running = [trial for trial in standings if not trial.state.final and trial.number not in abandoned]
    tally = Tally.of(row.wanted, row.arms, standings, max(1, len(running)))
    said = tally.summary() if running else tally.standing()
    changes = [f"changed {moment:%Y-%m-%d %H:%M} UTC: {one_line(text)}" for moment, text in store.changes()]
    noted = attention(store, standings)
    if home is not None:
        changes.append(disk_line(StudyFolder(home, row)))
    return [f"{row.name}: {said}", *(f"  {line}" for line in (*tally.details(), *changes, *noted))]


def attention(store: StudyStore, standings: list[Standing]) -> list[str]:
    """One line for each trial of a study that is unfinished, and for the latest that failed, by number."""
    failed = [trial for trial in standings if trial.state is RunState.FAILED]
    listed = {trial.number for trial in failed[-MOST_FAILURES:]}
    noted = [trial for trial in standings if not trial.state.final or trial.number in listed]
    numbers = [trial.number for trial in noted]
    done, asked = store.trials.epochs_done(numbers), store.trials.epochs_asked(numbers)
    abandoned = _abandoned(store, standings)
    lines = [
        _line(trial, done.get(trial.number, 0), asked.get(trial.number), trial.number in abandoned)
        for trial in noted
    ]
    more = len(failed) - len(listed)
    return [f"{plural(more, 'earlier trial')} failed too", *lines] if more else lines


def watch(read: Callable[[], list[str] | None], console: Console, seconds: float = WATCH_SECONDS) -> None:
    """Shows lines again and again: in place on a terminal, elsewhere whenever they change.

    Args:
        read: Gives the lines; None ends it.
        console: Where they are shown.
        seconds: Time between two looks.
    """
    before: list[str] = []
    live = Live(console=console, auto_refresh=False)
    try:
        while (lines := read()) is not None:
            if console.is_terminal:
                live.start()
                live.update(Text(shown("\n".join(lines))), refresh=True)
            elif lines != before:
                console.print(Text(shown("\n".join(lines))), soft_wrap=True)
            before = lines
            time.sleep(seconds)
    finally:
        live.stop()


def _abandoned(store: StudyStore, standings: list[Standing]) -> set[int]:
    """Numbers of the unfinished trials whose driver is gone: of one that cannot be seen its lease tells."""
    expired = {lease.number for lease in store.trials.leases() if lease.expired}
    found = set()
    for trial in standings:
        if not trial.state.final:
            owner = None if trial.owner is None else Owner.parse(trial.owner)
            if owner is None or (owner.is_dead() if owner.is_here() else trial.number in expired):
                found.add(trial.number)
    return found


def _line(trial: Standing, epochs: int, asked: int | None, abandoned: bool) -> str:
    return f"trial {trial.number} {one_line(f'{_state(trial, epochs, asked, abandoned)} · {trial.arm}')}"


def _state(trial: Standing, epochs: int, asked: int | None, abandoned: bool) -> str:
    if trial.state is RunState.FAILED:
        return f"failed ({trial.error_class}) after {plural(epochs, 'epoch')}"
    far = f"epoch {epochs}" if asked is None else f"epoch {epochs} of {asked}"
    if trial.owner is None:
        return f"{trial.state}, waits for a driver: {far}"
    if abandoned:
        return f"{trial.state}, its driver is gone: {far}"
    owner = Owner.parse(trial.owner)
    return f"{trial.state} (process {owner.pid} on {owner.host}): {far}"


def tally(store: StudyStore, workers: int = 1) -> Tally:
    """How far a study has come; `workers` is how many trials run at once."""
    return Tally.of(store.row.wanted, store.row.arms, store.trials.standings(), workers)
