"""Arms that encode pairs together are never ranked with those that encode them apart."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from model.predictions import Predictions
from sweeper.report.advice import advice
from sweeper.report.cautions import cautions
from sweeper.report.document import Table
from sweeper.report.figures.tradeoff import tradeoff_figure
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.summary import findings, headline
from sweeper.report.tables import study_tables
from sweeper.report.tables.trials import trials_table
from sweeper.report.tracks import by_track, joint_arms, tracks_note, tracks_of
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests.golden import scores as scored
from tests.sweeper_tests.made import results, row, study
from tests.sweeper_tests.report.conftest import predictions

LINEAR = {"sst_head": "mlp", "paraphrase_head": "linear", "sts_head": "linear"}
JOINT = LINEAR | {"tasks.para.pair_encoding": "joint", "tasks.sts.pair_encoding": "joint"}
ARMS = {"A": LINEAR, "B": JOINT, "C": JOINT | {"learning_rate": 2e-3}, "D": LINEAR | {"learning_rate": 3e-3}}
SKILL = {"A": "A", "B": "B", "C": "C", "D": "A"}
"""Which arm of `conftest` predicts as this one: B and C well and alike, A and D not so well."""


@pytest.fixture(scope="module")
def both() -> Results:
    """Two arms of each track at three seeds each; the best of all encodes pairs together."""
    of = study(
        arms=ARMS,
        space={"dropout": [0.1, 0.3]},
        seeds=[1, 2, 3],
        tables=["arms", "table2"],
        compare=[["B", "A"]],
    )
    rows: list[TrialRow] = []
    kept: dict[int, dict[str, Predictions]] = {}
    for arm, settings in ARMS.items():
        for seed in (1, 2, 3):
            number = len(rows)
            kept[number] = predictions(SKILL[arm], seed + 10 * (arm == "D"))
            made = row(of, number, arm, scored(kept[number]), params={"dropout": 0.1}, seed=seed)
            rows.append(replace(made, pair_seconds=4.0 if "joint" in str(settings) else 1.5))
    return replace(results(of, rows), predictions=kept.get)


def cells(table: Table, heading: str) -> list[str]:
    place = [column.heading for column in table.columns].index(heading)
    return [row[place].text for row in table.rows]


def bold(table: Table, heading: str) -> list[bool]:
    place = [column.heading for column in table.columns].index(heading)
    return [row[place].bold for row in table.rows]


def made_tables(of: Results, keys: Sequence[str] = ("arms",)) -> dict[str, Table]:
    return {table.key: table for table in study_tables(of, keys, Comparisons(of))}


def test_the_track_of_an_arm_is_that_of_its_trials(both: Results, made: Results) -> None:
    assert joint_arms(both) == {"B": ("para", "sts"), "C": ("para", "sts")}
    assert [track.arms for track in tracks_of(both)] == [("A", "D"), ("B", "C")]
    assert (joint_arms(made), tracks_of(made), tracks_note(made)) == ({}, [made], [])
    ranked = Comparisons(both).leaders
    assert {track: {one.arm for one in own} for track, own in by_track(both, ranked).items()} == {
        "with pairs together": {"B", "C"},
        "with pairs apart": {"A", "D"},
    }


def test_tables_name_the_track_and_bold_the_best_of_each(both: Results) -> None:
    found = made_tables(both)
    for key in ("arms", "best"):
        table = found[key]
        assert cells(table, "pairs") == ["apart", "together", "together", "apart"]
        marked = bold(table, "overall")
        assert marked[0] + marked[3] >= 1
        assert marked[1] + marked[2] >= 1
        assert any("a track of their own" in note for note in table.notes)
    assert cells(found["cost"], "1,000 pairs") == ["1.5 s", "4 s", "4 s", "1.5 s", "2.75 s"]
    best = trials_table(both)
    assert sum(bold(best, "overall")) == 2


def test_ties_and_undeclared_comparisons_stay_within_a_track(both: Results) -> None:
    compared = Comparisons(both)
    track = {"A": 0, "D": 0, "B": 1, "C": 1}
    assert compared.undeclared
    for each in compared.undeclared:
        assert track[each.ours.arm] == track[each.theirs.arm]
        assert not each.across
    assert {len({*arms} & {"B", "C"}) for arms in compared.ties.values()} <= {0, 1}
    [declared] = compared.declared
    assert declared.across
    assert cells(made_tables(both)["comparisons"], "why")[0].endswith("; across tracks")
    assert "one encodes pairs together, the other one apart" in findings(compared)[0]


def test_sentences_name_the_best_of_either_track(both: Results) -> None:
    compared = Comparisons(both)
    said = headline(compared)
    assert said.startswith("Of the arms with pairs together: ")
    first, second = said.split(" Of the arms with pairs apart: ")
    assert "B" in first
    assert " A " not in first
    assert "A has the highest overall" in second or "D has the highest overall" in second
    told = [text for text in findings(compared) if "which has the highest overall" in text]
    for text in told:
        assert re.search(
            "than [AD], which has the highest overall of the arms with pairs apart;|than [BC], which "
            "has the highest overall of the arms with pairs together;",
            text,
        )
    [track, *_] = cautions(both, compared)
    assert track.startswith("B, C: pairs are encoded together (cross-encoders), which gives no embedding")
    assert "Predicting 1,000 new dev pairs took 4 s together and 1.5 s apart (medians)." in track
    assert advice(both, compared)


def test_the_paper_s_rows_are_of_arms_that_encode_sentences_apart(both: Results) -> None:
    alone = replace(both, arms=("B", "C"), pairs=())
    assert "table2" not in made_tables(alone, ["table2"])


def test_while_one_track_alone_has_complete_trials_it_is_named(both: Results) -> None:
    """The figure of trade-offs, too, has nothing of the other track to draw a front of."""
    none = both.trials["arm"].isin(["B", "C"])
    begun = both.trials.assign(state=both.trials["state"].where(~none, RunState.RUNNING.value))
    alone = replace(both, pairs=(), trials=begun)
    assert headline(Comparisons(alone)).endswith(" Pairs are encoded apart.")
    fronts = [
        [each.name for each in panel.drawing.data].count("front") for panel in tradeoff_figure(alone).panels
    ]
    assert fronts == [1, 1, 1]


def test_a_study_of_cross_encoders_alone_says_so(both: Results) -> None:
    trials = both.trials[both.trials["arm"].isin(["B", "C"])]
    alone = replace(both, arms=("B", "C"), pairs=(), trials=trials)
    compared = Comparisons(alone)
    assert headline(compared).endswith(" Pairs are encoded together.")
    assert not any("cross-encoders" in line for line in cautions(alone, compared))
    assert cells(made_tables(alone)["arms"], "pairs") == ["together", "together"]
