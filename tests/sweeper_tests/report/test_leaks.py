"""Rows that stand in two splits: whose they are, of one study and of several."""

from dataclasses import replace

from sweeper.report.leaks import leaks, shared_rows
from sweeper.report.results import Results
from sweeper.report.several.joined import join_studies
from tests.sweeper_tests.report.several.test_joined import ONE, OTHER, part

STS = ("sts", "dev", "train")


def test_an_arm_has_the_most_that_any_of_its_trials_had() -> None:
    found = shared_rows(
        [
            ("A", {"dev_in_train": {"sts": 16}, "rows": {"sts": {"test": {"also_in": {"dev": 2}}}}}),
            ("A", {"dev_in_train": {"sts": 9}, "rows": {"sts": {"dev": {}}}}),
            ("B", {"dev_in_train": {"sts": 0}}),
            ("C", {"commit": "abc"}),
        ]
    )
    assert found == {STS: {"A": 16, "B": 0}, ("sts", "test", "dev"): {"A": 2}}


def test_what_holds_for_some_arms_is_said_of_these(made: Results) -> None:
    def said(**counts: int) -> list[str]:
        return leaks(replace(made, shared_rows={STS: counts}))

    assert said(A=16, B=16, C=16) == ["sts: 16 dev rows also stand in train."]
    assert said(A=16, B=0, C=16) == ["sts: 16 dev rows also stand in train of A, C (not of B)."]
    assert said(A=16, B=9, C=1) == ["sts: 1 to 16 dev rows also stand in train."]
    assert said(A=1, B=0) == ["sts: 1 dev row also stands in train of A (not of B)."], "of C nothing is known"
    assert said(A=1) == ["sts: 1 dev row also stands in train of A."]
    assert said(A=0, B=0, C=0) == []


def test_of_several_studies_each_is_named_unless_the_same_holds_for_all(made: Results) -> None:
    def joined(count: int, other: int) -> Results:
        studies = [
            replace(part(made, arm, name), shared_rows={STS: {"S-BERT": rows}})
            for arm, name, rows in (("A", ONE, count), ("B", OTHER, other))
        ]
        return join_studies(studies).results

    assert leaks(joined(16, 0)) == [f"{ONE}: sts: 16 dev rows also stand in train."]
    assert leaks(joined(16, 3)) == [
        f"{ONE}: sts: 16 dev rows also stand in train.",
        f"{OTHER}: sts: 3 dev rows also stand in train.",
    ]
    assert leaks(joined(16, 16)) == ["sts: 16 dev rows also stand in train."]


def test_test_rows_are_those_of_the_confirmation(made: Results) -> None:
    rows = {("sst", "test", "dev"): {"A": 3, "B": 3, "C": 3}}
    assert leaks(replace(made, shared_rows=rows, confirmation=made)) == []
    assert leaks(replace(made, confirmation=replace(made, shared_rows=rows))) == [
        "sst: 3 test rows also stand in dev."
    ]
