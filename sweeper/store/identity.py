"""Which database this is, and whether what names its studies can be trusted to name folders."""

import platform
from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa

from ..errors import DatabaseError, InputError
from ..paths import check_study
from ..runs.mark import Holder
from ..trial import StudyRow
from .access import Access
from .engine import explained, sqlite_file


def holder(access: Access) -> Holder:
    """A database as the folders of runs know it: under every name by which a driver could know it too.

    A file is known by its path and by its number, since a container may see it under another path; a server
    by its address and, where the user may ask, by the identifier that it was made with.
    """
    url = access.url
    if url.get_backend_name() == "sqlite":
        with explained(url):
            file = sqlite_file(url).resolve()
            found = file.stat()
        known = (f"{platform.node()}:{file}", f"{found.st_dev}:{found.st_ino}")
        return Holder(f"{url} on {platform.node()}", known)
    known = (f"{url.host or url.query.get('host')}:{url.port or 5432}/{url.database}",)
    with suppress(sa.exc.DBAPIError), access.engine.connect() as connection:
        asked = "SELECT system_identifier || '/' || current_database() FROM pg_control_system()"
        known = (*known, str(connection.execute(sa.text(asked)).scalar_one()))
    return Holder(str(url), known)


def check_row(access: Access, row: StudyRow) -> None:
    """Looks whether a study is called as a study can be: its name and UUID become folders.

    Raises:
        DatabaseError: If not, as in a database that somebody has changed by hand.
    """
    try:
        check_study(str(row.name))
    except InputError as error:
        raise DatabaseError(f"{access.url}: has a study of which the {error}") from error
    try:
        sound = str(UUID(row.uuid)) == row.uuid
    except (ValueError, AttributeError, TypeError):
        sound = False
    if not sound:
        raise DatabaseError(f"{access.url}: study {row.name!r} has the UUID {row.uuid!r}, which is none")
