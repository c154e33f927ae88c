"""The command that says what there is."""

from ..errors import NoDatabaseError, NoStudiesError
from ..paths import storage_url
from .options import Storage
from .say import say


def list_studies(storage: Storage = None) -> None:
    """Lists the studies and workloads that can be run, and the studies that have run.

    Your own files in `./studies/` and `./studies/workloads/` come first.

    Example: `sweeper list`
    """
    from ..show.status import tally
    from ..store.database import Database
    from ..study.load import study_files, workload_files

    lines = ["Studies:   " + ", ".join(study_files()), "Workloads: " + ", ".join(workload_files())]
    try:
        with Database(storage_url(storage), must_exist=True) as database:
            studies = database.studies()
            lines += [f"{store.row.name}: {tally(store).standing()}" for store in studies]
    except NoStudiesError as error:
        # One that was named is meant to be there.
        if storage is not None and isinstance(error, NoDatabaseError):
            raise
        studies = []
    say("\n".join([*lines, *([] if studies else ["None has run yet."])]))
