"""The command that says what there is."""

from typing import Any

from ..errors import NoDatabaseError, NoStudiesError
from ..paths import storage_url
from .options import AsJson, Storage
from .say import say, say_json


def list_studies(*, as_json: AsJson = False, storage: Storage = None) -> None:
    """Lists the studies and workloads that can be run, and the studies that have run.

    Your own files in `./studies/` and `./studies/workloads/` come first.

    Example: `sweeper list`
    """
    from ..show.standing import standing_json
    from ..show.status import tally
    from ..store.database import Database
    from ..study.load import study_files, workload_files

    begun: list[dict[str, Any]] = []
    lines = ["Studies:   " + ", ".join(study_files()), "Workloads: " + ", ".join(workload_files())]
    try:
        with Database(storage_url(storage), must_exist=True) as database:
            studies = database.studies()
            if as_json:
                begun = [standing_json(store) for store in studies]
            lines += [f"{store.row.name}: {tally(store).standing()}" for store in studies]
    except NoStudiesError as error:
        # One that was named is meant to be there.
        if storage is not None and isinstance(error, NoDatabaseError):
            raise
        studies = []
    if as_json:
        say_json({"studies": [*study_files()], "workloads": [*workload_files()], "begun": begun})
        return
    say("\n".join([*lines, *([] if studies else ["None has run yet."])]))
