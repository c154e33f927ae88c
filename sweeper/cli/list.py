"""The command that says what there is."""

from typing import Annotated, Any

import typer

from ..errors import NoDatabaseError, NoStudiesError
from ..paths import named_storage, storage_url
from .options import AsJson, Storage
from .say import say, say_json


def list_studies(
    *,
    archived: Annotated[bool, typer.Option("--archived", help="List those in the archive too.")] = False,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Lists the studies and workloads that can be run, and the studies that have run.

    Your own files in `./studies/` and `./studies/workloads/` come first.

    Example: `sweeper list`
    """
    from ..show.study import listed_json, standing
    from ..store.database import Database
    from ..study.load import study_files, workload_files

    begun: list[dict[str, Any]] = []
    lines = ["Studies:   " + ", ".join(study_files()), "Workloads: " + ", ".join(workload_files())]
    try:
        with Database(storage_url(storage), must_exist=True) as database:
            studies = database.studies()
            listed = [store for store in studies if archived or store.row.archived is None]
            if as_json:
                begun = [listed_json(store) for store in listed]
            else:
                lines += [f"{store.row.name}: {standing(store)}" for store in listed]
            if len(listed) < len(studies):
                lines.append(f"Archived: {len(studies) - len(listed)}; see: sweeper list --archived")
    except NoStudiesError as error:
        # One that was named is meant to be there, whether by an option or by SWEEPER_STORAGE.
        if named_storage(storage) is not None and isinstance(error, NoDatabaseError):
            raise
        studies = []
    if as_json:
        say_json({"studies": [*study_files()], "workloads": [*workload_files()], "begun": begun})
        return
    say("\n".join([*lines, *([] if studies else ["None has run yet."])]))
