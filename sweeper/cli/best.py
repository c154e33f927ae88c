"""The command that shows the best trial, and writes its model."""

import shlex
from pathlib import Path
from typing import Annotated

from ..errors import InputError
from ..paths import Home, data_folder, storage_url
from ..signals import terminable
from .command import StudyName
from .options import AsJson, OneArm, Storage, file_path
from .say import say, say_json


def best(
    study: StudyName = None,
    *,
    arm: OneArm = None,
    export: Annotated[
        Path | None,
        file_path(
            "FOLDER",
            "Write its model there, for transformers and sentence-transformers; an earlier export is "
            "replaced, anything else stays untouched.",
        ),
    ] = None,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Shows the trial with the highest overall; with --export, writes its model as a Hugging Face folder.

    The weights are those of its best epoch. Where they were not kept, the trial is trained again.

    Example: `sweeper best sbert-grid --export models/sbert`
    """
    from ..show.best import best_run, best_text
    from ..show.record import read_record, record_json
    from ..store.database import Database
    from ..store.studies import find_study
    from ..study.recorded import config_of

    with Database(storage_url(storage), must_exist=True) as database, terminable():
        store = find_study(database, study)
        run = best_run(store, arm)
        if as_json:
            if export is not None:
                raise InputError("--json prints what is recorded of the trial: leave --export out")
            say_json(record_json(read_record(store, run.number)))
            return
        if export is None:
            say(best_text(store, run))
            return
        from ..export.model import check_folder, export_run

        check_folder(export)
        say(best_text(store, run))
        home = Home.from_environment()
        named = "" if arm is None else f" --arm {shlex.quote(arm)}"
        command = f"sweeper best {shlex.quote(store.row.name)}{named} --export FOLDER"
        scores = export_run(
            database, store, run, export, command=command, home=home, data=data_folder(), say=say
        )
    told = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
    in_fp32 = "" if config_of(run).precision == "fp32" else " in fp32"
    say(f"Model: {export}; dev scores of its weights{in_fp32}: {told}")
