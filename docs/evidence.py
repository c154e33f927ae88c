"""What became of the paper's rows and conclusions: made from its tables and the committed report of ours."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper.report.published import PublishedRow, published_tables
from sweeper.text import difference, score

REPORT = Path(__file__).parents[1] / "reports/paper-rows@minilm-thousand/tables.json"
"""The flagship's report for programs; a source distribution has none."""

COURSE_DEV = {"sst": 1101, "para": 20215, "sts": 863}
"""Dev rows of the course, on which the paper's scores are."""

Row = Mapping[str, Mapping[str, Any]]
"""The cells of a line of a table by their headings."""

Place = tuple[str, int]
"""A published row: key of its table, place in it."""


@dataclass(frozen=True)
class Claim:
    """A conclusion of the paper, and the declared comparison that tests it.

    Attributes:
        said: The conclusion.
        arm: The one arm.
        against: The other one.
        score: In which score; a task's is of the second family.
        way: 1 where the paper says that the first scores more, -1 less, 0 that they do not differ.
        printed: The paper's rows of the two, one run each; None where it prints none.
    """

    said: str
    arm: str
    against: str
    score: str
    way: int
    printed: tuple[Place, Place] | None = None


SBERT, SMART, MSE = "S-BERT", "S-BERT + SMART", "S-BERT + SMART + MSE"
_HEAD, _DEFAULT = ("table2", 0), ("table2", 1)
_PCGRAD = ("table4", 1), ("table4", 0)
_SMART = ("table6", 1), ("table6", 0)
_MSE = ("table7", 0), ("table6", 1)

CLAIMS = (
    Claim("Two hidden layers raise SST", "+ SST layers", "minBERT", "sst", 1),
    Claim("The cosine raises STS", "+ STS cosine", "+ SST layers", "sts", 1),
    Claim("The S-BERT head raises paraphrase", SBERT, "+ STS cosine", "para", 1, (_DEFAULT, _HEAD)),
    Claim("The S-BERT head raises overall", SBERT, "+ STS cosine", "overall", 1, (_DEFAULT, _HEAD)),
    Claim("Without the absolute difference it scores less", "(u, v)", SBERT, "overall", -1),
    Claim("With the product too it scores slightly less", "(u, v, |u-v|, u*v)", SBERT, "overall", -1),
    *(
        Claim(
            f"Weight decay {decay}, dropout {dropout} raise overall",
            f"S-BERT wd {decay} dropout {dropout}", SBERT, "overall", 1, (("table3", place), _DEFAULT),
        )
        for place, (decay, dropout) in enumerate(((".1", ".5"), (".3", ".3"), (".3", ".5")), 1)
    ),
    Claim("PCGrad lowers overall", "S-BERT + PCGrad", SBERT, "overall", -1, _PCGRAD),
    Claim("PCGrad lowers paraphrase", "S-BERT + PCGrad", SBERT, "para", -1, _PCGRAD),
    Claim("PCGrad lowers SST", "S-BERT + PCGrad", SBERT, "sst", -1, _PCGRAD),
    Claim("Batches of 16 instead of 32 change little", "Batch 16", SBERT, "overall", 0),
    Claim("SMART leaves overall where it was", SMART, SBERT, "overall", 0, _SMART),
    Claim("SMART raises STS", SMART, SBERT, "sts", 1, _SMART),
    Claim("SMART lowers SST", SMART, SBERT, "sst", -1, _SMART),
    Claim("MSE raises overall, beside SMART", MSE, SMART, "overall", 1, _MSE),
    Claim("MSE raises paraphrase, beside SMART", MSE, SMART, "para", 1, _MSE),
    Claim("MSE raises STS, beside SMART", MSE, SMART, "sts", 1, _MSE),
    Claim("AdamW works better than Adam", "Adam", SBERT, "overall", -1),
    Claim("AdamW works better than SGD", "SGD", SBERT, "overall", -1),
)  # fmt: skip
"""In the order of the paper."""

CLAIM_HEAD = (
    *("the paper says", "its difference", "compared here", "score", "difference", "95 %"),
    *("p rows", "p seeds", "p Holm", "here"),
)
PAIR_HEAD = (
    *("arm", "against", "overall", "95 %", "p rows", "p seeds", "p Holm", "verdict", "could tell apart"),
    "half of it needs",
)
COST_HEAD = ("arm", "processor seconds a trial", "of S-BERT's", "peak MiB")
ROW_HEAD = ("table", "row", "published", "standard error, rows alone", "ours", "95 %", "seeds", "difference")


def claims(report: Path = REPORT) -> Iterator[tuple[str, ...]]:
    """One line for each claim, under `CLAIM_HEAD`.

    Args:
        report: The tables of a report, as JSON.

    Raises:
        KeyError: If the report does not compare the arms of a claim.
    """
    tables = _tables(report)
    overall = {(row["arm"]["text"], row["against"]["text"]): row for row in tables["comparisons"]}
    tasks = {
        (row["arm"]["text"], row["against"]["text"], row["task"]["text"]): row for row in tables["by_task"]
    }
    for claim in CLAIMS:
        pair = claim.arm, claim.against
        row = overall[pair] if claim.score == "overall" else tasks[*pair, claim.score]
        gap = row["overall" if claim.score == "overall" else "difference"]["text"]
        numbers = (row[name]["text"] for name in ("95 %", "p rows", "p seeds", "p Holm"))
        arms = f"{claim.arm} against {claim.against}".replace("*", r"\*")
        yield claim.said, _printed(claim), arms, claim.score, gap, *numbers, _here(claim, row)


def rows(report: Path = REPORT) -> Iterator[tuple[str, ...]]:
    """One line for each row of the paper's tables, under `ROW_HEAD`.

    Args:
        report: The tables of a report, as JSON.
    """
    tables = _tables(report)
    intervals = {row["trials"]["text"]: row["95 %"]["text"] for row in tables["best"]}
    for key, table in published_tables().items():
        ran, name = tables.get(key, []), key.replace("table", "Table ")
        labels = [line[table.heading]["text"] for line in ran]
        for row in table.rows:
            theirs = score(row.scores["overall"]), score(standard_error(row))
            if row.label not in labels:
                yield name, row.label, *theirs, "not run", "", "", ""
                continue
            place = labels.index(row.label)
            ours, gap = ran[place], ran[place + 2]
            interval = intervals.get(ours["trials"]["text"], "")
            cells = ours["overall"]["text"], interval, ours["seeds"]["text"], gap["overall"]["text"]
            yield name, row.label, *theirs, *cells


def others(report: Path = REPORT) -> Iterator[tuple[str, ...]]:
    """One line for each declared pair that tests no claim, under `PAIR_HEAD`.

    Args:
        report: The tables of a report, as JSON.
    """
    tested = {(claim.arm, claim.against) for claim in CLAIMS}
    for row in _tables(report)["comparisons"]:
        if row["why"]["text"] == "declared" and (row["arm"]["text"], row["against"]["text"]) not in tested:
            yield tuple(row[name]["text"] for name in PAIR_HEAD)


def costs(report: Path = REPORT) -> Iterator[tuple[str, ...]]:
    """One line for each arm, under `COST_HEAD`.

    Args:
        report: The tables of a report, as JSON.
    """
    rows = {row["arm"]["text"]: row for row in _tables(report)["cost"]}
    each = {
        arm: row["processor"]["value"] / row["trials"]["value"] for arm, row in rows.items() if arm != "all"
    }
    for arm, seconds in each.items():
        name = arm.replace("*", r"\*")
        yield name, f"{seconds:.0f}", f"{seconds / each[SBERT]:.2f}", rows[arm]["peak MiB"]["text"]


def standard_error(row: PublishedRow) -> float:
    """Of the overall of one run, over dev rows alone: seeds are not in it.

    That of an accuracy a is √(a(1 − a)/n), that of Pearson's r, for normal variables, (1 − r²)/√n.
    """
    of = row.scores
    accuracies = [of[name] * (1 - of[name]) / COURSE_DEV[name] for name in ("sst", "para")]
    correlation = (1 - of["sts"] ** 2) ** 2 / COURSE_DEV["sts"]
    return math.sqrt(sum(accuracies) + correlation / 4) / 3


def _tables(report: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for table in json.loads(report.read_text(encoding="utf-8"))["tables"]:
        headings = [column["heading"] for column in table["columns"]]
        found[table["key"]] = [dict(zip(headings, row, strict=True)) for row in table["rows"]]
    return found


def _printed(claim: Claim) -> str:
    if claim.printed is None:
        return "—"
    tables = published_tables()
    one, other = (tables[key].rows[place].scores[claim.score] for key, place in claim.printed)
    return difference(one - other)


def _here(claim: Claim, row: Row) -> str:
    """What became of a claim: a verdict, in its words."""
    verdict: str = row["verdict"]["text"]
    if verdict == "not told apart":
        found, seeds = (row[name]["text"] for name in ("could tell apart", "half of it needs"))
        could = f"; could tell apart {found}, half of it with {seeds} seeds"
        return verdict + could * (found != "—")
    return "**holds**" if {"better": 1, "worse": -1}[verdict] == claim.way else "**wrong here**"
