"""The command that averages what trials predicted."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..errors import InputError
from ..paths import Home, storage_url
from .command import StudyName
from .options import AsJson, OneArm, Storage, file_path
from .say import say, say_json

TopTrials = Annotated[
    int | None,
    typer.Option("--top", metavar="K", min=2, help="The K best trials by overall on the choosing half."),
]

AllSeeds = Annotated[
    bool,
    typer.Option(
        "--seeds",
        help="All seeds of the configuration with the best mean overall on the choosing half, of those with "
        "the most seeds.",
    ),
]

Greedy = Annotated[
    bool,
    typer.Option(
        "--greedy",
        help="Forward selection with replacement on the choosing half, until nothing improves; 25 picks at "
        "most.",
    ),
]


def ensemble(
    study: StudyName = None,
    *,
    top: TopTrials = None,
    seeds: AllSeeds = False,
    greedy: Greedy = False,
    arm: OneArm = None,
    output: Annotated[
        Path | None,
        file_path("FILE", "Write members and predictions there, as JSON: a name that ends in .json."),
    ] = None,
    as_json: AsJson = False,
    storage: Storage = None,
) -> None:
    """Averages the stored predictions of trials, and scores that beside the best single trial.

    Members are chosen on one half of the dev rows and scored on the other. Nothing is trained, and no weights
    are needed. One of --top, --seeds and --greedy says how members are chosen.

    Example: `sweeper ensemble sbert-grid --greedy`
    """
    from ..export.ensembles.printed import print_ensemble
    from ..export.ensembles.stored import choose_from, read_pool
    from ..export.ensembles.written import check_name, ensemble_json, write_ensemble
    from ..store.database import Database
    from ..store.studies import find_study

    given = [*([] if top is None else [f"--top {top}"]), *["--seeds"] * seeds, *["--greedy"] * greedy]
    if len(given) != 1:
        found = f"not {' and '.join(given)}" if given else "none is given"
        raise InputError(f"name one of --top K, --seeds and --greedy: {found}")
    if output is not None:
        check_name(output)
    with Database(storage_url(storage), must_exist=True) as database:
        pool = read_pool(find_study(database, study), Home.from_environment(), arm)
        chosen = choose_from(pool, top=top, seeds=seeds)
    if chosen.left_out:
        say(f"Warning: {'; '.join(chosen.left_out)}", err=True)
    if as_json:
        say_json(ensemble_json(chosen))
    else:
        print_ensemble(chosen, Console())
    if output is not None:
        write_ensemble(chosen, output)
        say(f"Predictions: {output}", err=as_json)
