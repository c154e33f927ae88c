"""Tells stories of drivers that are disturbed (``story.py``), on SQLite and on PostgreSQL.

    python -m tests.faults.stories --stories 200

Printed are the stories that did not end well.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sweeper.store.database import Database
from tests.faults import postgresql
from tests.faults.stepped import finish
from tests.faults.story import SEEDS, Disturbed, Resumed, ResumedHalving
from tests.faults.verdict import Verdict

MACHINES = (Disturbed, Resumed, ResumedHalving)


def tell(machine: type[Disturbed], new_url: Callable[[Path], str], stories: int, steps: int = 15) -> None:
    """Tells stories of a machine.

    Args:
        machine: Which.
        new_url: Makes a database of the kind that is meant.
        stories: How many.
        steps: Of each.

    Raises:
        AssertionError: If one does not end well.
    """
    machine.new_url = staticmethod(new_url)
    machine.expected = {}
    for seeds in SEEDS if machine is Disturbed else SEEDS[:1]:
        undisturbed = machine()
        undisturbed.study = undisturbed.study_with(seeds)
        with undisturbed.stack:
            finish([undisturbed.start(undisturbed.study, undisturbed.urls[0])])
            machine.expected[seeds] = undisturbed.tables()
        assert set(machine.expected[seeds]["trials"]["state"]) == machine.endings
    suppressed = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=suppressed,
            # Shrinking takes minutes; fifteen steps can be read as they are.
            phases=[Phase.generate],
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=30, help="of each kind and database (default: 30)")
    parser.add_argument("--steps", type=int, default=25, help="of each story (default: 25)")
    given = parser.parse_args()
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        kinds = {"SQLite": copies(Path(name))}
        if postgresql.available():
            kinds["PostgreSQL"] = copies_on(stack.enter_context(postgresql.server(Path(name) / "server")))
        else:
            print(f"PostgreSQL: skipped: {postgresql.MISSING}")
        for kind, new_url in kinds.items():
            for machine in MACHINES:
                with verdict.case(f"{given.stories} stories of {machine.__name__} on {kind}"):
                    tell(machine, new_url, given.stories, given.steps)
    sys.exit(verdict.exit_code("machines"))


def copies(folder: Path) -> Callable[[Path], str]:
    """Makes SQLite files with all tables."""
    template = folder / "template.db"
    Database(f"sqlite:///{template}").close()

    def new_url(place: Path) -> str:
        place.mkdir()
        shutil.copy(template, place / "studies.db")
        return f"sqlite:///{place}/studies.db"

    return new_url


def copies_on(server: postgresql.Server) -> Callable[[Path], str]:
    """Makes databases with all tables on a server."""
    Database(server.url).close()
    url, numbers = sa.make_url(server.url), count()

    def new_url(place: Path) -> str:
        name = f"story{next(numbers)}"
        engine = sa.create_engine(url.set(database="template1"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {url.database}"))
        engine.dispose()
        return url.set(database=name).render_as_string(hide_password=False)

    return new_url


if __name__ == "__main__":
    main()
