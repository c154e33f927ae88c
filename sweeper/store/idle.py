"""Whether drivers are at work on a study."""

from ..errors import ConflictError
from .owners import Owner
from .study import StudyStore


def check_idle(store: StudyStore, what: str) -> None:
    """Refuses a study on which a driver is at work: one that lives here, or has a lease elsewhere.

    Args:
        store: The study.
        what: What is to be done once the driver has stopped, for the message: ``copy then``.

    Raises:
        ConflictError: If a driver is at work on it.
    """
    for lease in store.trials.leases():
        _check(store, f"trial {lease.number}", lease.owner, lease.expired, what)
    for number, claimer in store.trials.orphans():
        # Of one elsewhere nobody can tell: it has no lease yet, and finds out when it adds its trial.
        _check(store, f"trial {number}", claimer, True, what)


def _check(store: StudyStore, which: str, name: str | None, expired: bool, what: str) -> None:
    owner = None if name is None else Owner.parse(name)
    if owner is not None and not (owner.is_dead() if owner.is_here() else expired):
        raise ConflictError(
            f"study {store.row.name!r}: {which} is under way (driver {owner}): stop that driver with Ctrl-C "
            f"and {what}; one that died on another machine counts as gone after two minutes"
        )
