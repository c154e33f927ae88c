"""The trials of several studies, as a table and as a file. Pure."""

from bisect import bisect_right
from dataclasses import replace

import pandas as pd

from ...text import one_line
from ..document import Table
from ..tables.trials import trials_table
from .joined import Joined
from .studycolumn import with_study


def trials_of_several(joined: Joined) -> Table:
    """Every trial, numbered through, with its study; a note says where each study begins."""
    results = joined.results
    table = with_study(trials_table(results), results)
    names = list(dict.fromkeys(one_line(study) for study, _ in results.studies.values()))
    starts = ", ".join(f"{name} from {start}" for name, start in zip(names, joined.first, strict=True))
    note = f"Trials are numbered through: {starts}. trials.csv has the number of each in its study."
    return replace(table, notes=(note, *table.notes))


def named_trials(joined: Joined) -> pd.DataFrame:
    """Every trial with ``study``, and as ``trial`` its number in it, before all else."""
    trials = joined.results.trials
    named = trials["arm"].map(joined.results.studies)
    place = [bisect_right(joined.first, number) - 1 for number in trials["number"]]
    frame = trials.assign(arm=[arm for _, arm in named])
    frame.insert(0, "study", [study for study, _ in named])
    frame.insert(
        1, "trial", [number - joined.first[at] for number, at in zip(trials["number"], place, strict=True)]
    )
    return frame
