"""What the findings say of a report: verdicts as they stand there, the paper's figures as it prints them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from docs.evidence import (
    CLAIM_HEAD,
    CLAIMS,
    COURSE_DEV,
    ROW_HEAD,
    claims,
    costs,
    others,
    rows,
    standard_error,
)
from sweeper.report.published import published_tables
from sweeper.study.load import load_study

NUMBERS = {
    "95 %": "-.1 to +.1", "p rows": ".001", "p seeds": ".002", "p Holm": ".003", "could tell apart": ".02",
    "half of it needs": "9",
}  # fmt: skip


def table(key: str, lines: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "key": key,
        "columns": [{"heading": name} for name in lines[0]],
        "rows": [
            [{"text": text, "value": float(text) if text.isdigit() else None} for text in line.values()]
            for line in lines
        ],
    }


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report in which the first arm of every pair is better, but that of SGD, which is not told apart."""
    pairs = {(claim.arm, claim.against) for claim in CLAIMS}
    comparisons, by_task = [], []
    for arm, against in pairs:
        row = {"arm": arm, "against": against, "verdict": "not told apart" if arm == "SGD" else "better"}
        comparisons.append({**row, "overall": "+.01", **NUMBERS, "why": "declared"})
        by_task += [{**row, "task": name, "difference": "+.03", **NUMBERS} for name in COURSE_DEV]
    for why in ("declared", "the best"):
        row = {"arm": "Extra layers", "against": "S-BERT", "verdict": "worse"}
        comparisons.append({**row, "overall": "-.01", **NUMBERS, "why": why})
    cost = [
        {"arm": arm, "trials": trials, "processor": seconds, "peak MiB": "7"}
        for arm, trials, seconds in (("S-BERT", "2", "400"), ("u*v", "4", "1000"), ("all", "6", "1400"))
    ]
    best = [{"trials": "4, 9", "95 %": ".60 to .70"}]
    kinds, overall = ("ours", "published", "difference"), (".650", ".636", "+.014")
    table2 = [
        {"Model": label, "": kind, "overall": value, "seeds": "2", "trials": "4, 9"}
        for label, kind, value in zip(("STS Cosine Similarity", "", ""), kinds, overall, strict=True)
    ]
    path = tmp_path / "tables.json"
    named = {"comparisons": comparisons, "by_task": by_task, "best": best, "table2": table2, "cost": cost}
    path.write_text(json.dumps({"tables": [table(*one) for one in named.items()]}), encoding="utf-8")
    return path


def test_a_claim_holds_where_the_verdict_goes_its_way(report: Path) -> None:
    found = [dict(zip(CLAIM_HEAD, line, strict=True)) for line in claims(report)]
    assert [line["the paper says"] for line in found] == [claim.said for claim in CLAIMS]
    for line, claim in zip(found, CLAIMS, strict=True):
        expected = "**holds**" if claim.way == 1 else "**wrong here**"
        apart = "not told apart; could tell apart .02, half of it with 9 seeds"
        assert line["here"] == (apart if claim.arm == "SGD" else expected)
        assert line["difference"] == ("+.01" if claim.score == "overall" else "+.03")
        assert (line["p rows"], line["p seeds"], line["p Holm"]) == (".001", ".002", ".003")
    printed = {line["the paper says"]: line["its difference"] for line in found}
    assert printed["PCGrad lowers overall"] == "-.013"
    assert printed["SMART raises STS"] == "+.086"
    assert printed["The cosine raises STS"] == "—"


def test_every_claim_is_a_pair_that_the_study_declares() -> None:
    assert {(claim.arm, claim.against) for claim in CLAIMS} <= {*load_study("paper-rows").spec.pairs}


def test_every_published_row_is_there_and_says_where_ours_did_not_run(report: Path) -> None:
    found = [dict(zip(ROW_HEAD, line, strict=True)) for line in rows(report)]
    assert len(found) == sum(len(one.rows) for one in published_tables().values())
    assert found[1] == {
        "table": "Table 2", "row": "STS Cosine Similarity", "published": ".636",
        "standard error, rows alone": ".006", "ours": ".650", "95 %": ".60 to .70", "seeds": "2",
        "difference": "+.014",
    }  # fmt: skip
    assert {line["ours"] for line in found[2:]} == {"not run"}


def test_declared_pairs_that_test_no_claim_stand_beside_them(report: Path) -> None:
    [line] = others(report)
    assert line == (
        "Extra layers",
        "S-BERT",
        "-.01",
        "-.1 to +.1",
        ".001",
        ".002",
        ".003",
        "worse",
        ".02",
        "9",
    )


def test_costs_are_of_a_trial_and_beside_s_berts(report: Path) -> None:
    assert [*costs(report)] == [("S-BERT", "200", "1.00", "7"), (r"u\*v", "250", "1.25", "7")]


def test_the_standard_error_is_that_of_drawn_dev_sets() -> None:
    row = published_tables()["table3"].rows[3]
    rng, draws, of = np.random.default_rng(1), 4000, row.scores
    accuracies = [
        rng.binomial(COURSE_DEV[name], of[name], draws) / COURSE_DEV[name] for name in ("sst", "para")
    ]
    normal = rng.multivariate_normal([0, 0], [[1, of["sts"]], [of["sts"], 1]], (draws, COURSE_DEV["sts"]))
    correlations = np.array([stats.pearsonr(*one.T).statistic for one in normal])
    overall = (sum(accuracies) + (correlations + 1) / 2) / 3
    assert standard_error(row) == pytest.approx(overall.std(), rel=0.05)
