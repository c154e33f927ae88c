"""What a report says of several studies."""

from collections.abc import Sequence
from itertools import chain, combinations

from ...study.rowsread import read_apart, versions
from ...study.spec import CROSS
from ...text import one_line
from ..afterthoughts import afterthoughts
from ..cautions import cautions
from ..counts import count_trials
from ..document import Document, Table
from ..published import published_tables
from ..read import Stored
from ..results import Results
from ..statistics.comparison import Comparisons
from ..summary import findings, headline, progress
from ..tables import study_tables
from ..tables.published import left_out, own_tables
from .differing import differences_table, other_code, studies_table
from .studycolumn import with_study


def several_document(
    comparisons: Comparisons, studies: Sequence[Stored], further: Sequence[Table] = ()
) -> Document:
    """What a report says of several studies, before it has a format.

    Args:
        comparisons: Of the arms of all of them, as one.
        studies: Each by itself.
        further: Tables that come after its own.

    Raises:
        InputError: As in `other_code`.
    """
    results = comparisons.results
    differing = differences_table(studies)
    about = [studies_table(studies), *([differing] if differing else [])]
    published = {key: table for one in reversed(studies) for key, table in one.published.items()}
    own = [
        with_study(table, results) for table in study_tables(results, _keys(studies, results), comparisons)
    ]
    unread = [lines for one in studies for lines in one.lost]
    return Document(
        study=results.name,
        description=results.description,
        formula=results.formula,
        notice=results.notice,
        summary=(
            headline(comparisons),
            *findings(comparisons),
            *(
                f"{one_line(one.row.name)}: {progress(count_trials(one.results.trials, one.results.wanted))}"
                for one in studies
            ),
            *left_out(published, results),
        ),
        arms=tuple(dict.fromkeys(one_line(arm) for _, arm in results.studies.values())),
        tables=(*about, *own, *own_tables(published, results), *further),
        labels={one_line(label): one_line(arm) for label, (_, arm) in results.studies.items()},
        warnings=tuple(chain(_of_several(studies, results), cautions(results, comparisons, (), unread))),
    )


def _keys(studies: Sequence[Stored], results: Results) -> list[str]:
    """The tables for which the studies ask, but for those of two settings, which not all may have.

    The paper's rank all that ran, which is nothing that scores on other rows allow.
    """
    asked = dict.fromkeys(key for one in studies for key in one.study.spec.tables)
    paper = published_tables() if results.grounds else {}
    return [key for key in asked if CROSS not in key and key not in paper]


def _of_several(studies: Sequence[Stored], results: Results) -> list[str]:
    found = []
    if results.grounds:
        grounds = "; ".join(one_line(each) for each in dict.fromkeys(results.grounds.values()))
        found.append(
            f"Scored on different dev rows, or not known to be on the same: {grounds}. Bold, ties, verdicts "
            "and ranks are among arms that were scored on the same rows; figures draw all."
        )
    found += other_code(studies)
    found += _of_data(studies)
    confirmed = [one.row.name for one in studies if _is_confirmed(one)]
    if confirmed and len(confirmed) < len(studies):
        found.append(
            f"Confirmed at fresh seeds: {', '.join(map(one_line, confirmed))}, and not the others: here all "
            "stand with the scores of the search, which are optimistic."
        )
    # No study has declared the pairs of this report, so that no arm of it was added to one.
    found += [
        f"{one_line(one.row.name)}: {line}" for one in studies for line in afterthoughts(one.late_changes, ())
    ]
    found += [
        f"{one_line(one.row.name)}: of an arm with several confirmed configurations the one that leads in "
        "the search stands here."
        for one in studies
        if _has_more(one, results.confirmation)
    ]
    return found


def _of_data(studies: Sequence[Stored]) -> list[str]:
    """Rows that were not the same within a study and its confirmation, or of two studies."""
    read = [
        [
            *chain(
                *(
                    rows
                    for part in (one.results, one.results.confirmation)
                    if part
                    for rows in part.data.values()
                )
            )
        ]
        for one in studies
    ]
    names = [one_line(one.row.name) for one in studies]
    changed = [
        f"The data changed while {name} ran: its trials did not all read the same rows."
        for name, own in zip(names, read, strict=True)
        if len(versions(own)) > 1
    ]
    apart = [
        f"{name} and {other} read other rows at the same settings."
        for (name, ours), (other, theirs) in combinations(zip(names, read, strict=True), 2)
        if read_apart(ours, theirs)
    ]
    return [*changed, *apart]


def _has_more(one: Stored, joined: Results | None) -> bool:
    """Whether of a study more configurations are confirmed than stand in the report."""
    again = one.results.confirmation
    if again is None or joined is None:
        return False
    return len(again.arms) > sum(study == one.row.name for study, _ in joined.studies.values())


def _is_confirmed(one: Stored) -> bool:
    return one.results.confirmation is not None and not one.results.confirmation.complete.empty
