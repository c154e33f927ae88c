from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from model.overall import Overall
from model.predictions import Predictions
from sweeper.errors import InputError
from sweeper.report.figures.tradeoff import tradeoff_figure
from sweeper.report.results import Results
from sweeper.report.several.joined import join_studies
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.summary import findings, headline
from sweeper.report.tables import study_tables
from sweeper.report.tables.cells import undefined_notes
from sweeper.report.tables.comparisons import comparisons_table
from sweeper.report.tracks import by_track

ONE, OTHER = "one@demo", "other@demo"


def part(made: Results, arm: str, name: str, called: str = "S-BERT") -> Results:
    """The trials of one arm as a study of its own, numbered from 0."""
    trials = made.trials[made.trials["arm"] == arm]
    first = int(trials["number"].min())
    return replace(
        made,
        name=name,
        arms=(called,),
        pairs=(),
        wanted=len(trials),
        trials=trials.assign(arm=called, number=trials["number"] - first),
        epochs=made.epochs[:0],
        predictions=lambda number: made.predictions(number + first),
    )


def shorter(results: Results) -> Results:
    """The same study, scored on the first half of the dev rows."""

    def read(number: int) -> dict[str, Predictions]:
        kept = results.predictions(number) or {}
        return {
            name: replace(
                one, ids=one.ids[::2], predicted=one.predicted[::2], labels=one.labels[::2],
                words=None, groups={},
            )
            for name, one in kept.items()
        }  # fmt: skip

    return replace(results, predictions=read)


def flat(results: Results) -> Results:
    """The same study on dev rows whose similarities are all one."""

    def read(number: int) -> dict[str, Predictions]:
        kept = dict(results.predictions(number) or {})
        return kept | {"sts": replace(kept["sts"], labels=np.full(len(kept["sts"].labels), 2.5))}

    return replace(results, trials=results.trials.assign(sts=0.0), predictions=read)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("first", [0, 1])
def test_a_score_that_the_rows_of_one_study_do_not_allow_is_that_studys(
    made: Results, first: int, recorded: bool
) -> None:
    parts = [part(made, "A", ONE), flat(part(made, "B", OTHER))]
    if recorded:
        defined = [{"": {("sts", "dev"): known}} for known in (True, False)]
        parts = [
            replace(one, scorable=told, predictions=lambda number: None)
            for one, told in zip(parts, defined, strict=True)
        ]
    results = join_studies([parts[first], parts[1 - first]]).results
    (arms,) = (
        table for table in study_tables(results, ["arms"], Comparisons(results)) if table.key == "arms"
    )
    place = [column.heading for column in arms.columns].index("sts")
    own = f"{parts[0].trials['sts'].mean():.3f}".removeprefix("0")
    assert {line[0].text: line[place].text for line in arms.rows} == {
        f"S-BERT ({ONE})": own,
        f"S-BERT ({OTHER})": "—",
    }
    assert [note for note in arms.notes if "has no score" in note] == [
        f"sts has no score on the dev labels of {OTHER} (constant labels or predictions); it counts as 0."
    ]


def test_test_rows_that_allow_no_score_are_those_of_their_own_study(made: Results) -> None:
    """The dev rows are the same, the test rows are not."""
    parts = [
        replace(part(made, "A", name), scorable={"": {("sts", "dev"): True, ("sts", "test"): known}})
        for name, known in ((ONE, False), (OTHER, True))
    ]
    results = join_studies(parts).results
    assert [results.undefined(arm, "test") for arm in results.arms] == [{"sts"}, set()]
    assert [results.undefined(arm) for arm in results.arms] == [set(), set()]
    assert undefined_notes(results, "test") == [
        f"sts has no score on the test labels of {ONE} (constant labels or predictions); it counts as 0."
    ]


def test_the_legend_names_the_pareto_front_once(made: Results) -> None:
    """As a study without trials stands beside two on other dev rows."""
    studies = [part(made, "A", ONE), shorter(part(made, "B", OTHER)), part(made, "C", "none@demo")]
    studies[2] = replace(studies[2], trials=studies[2].trials[:0], epochs=studies[2].epochs[:0])
    for panel in tradeoff_figure(join_studies(studies).results).panels:
        fronts = [trace for trace in panel.drawing.data if trace.name == "front"]
        assert [(trace.showlegend, len(trace.x) > 0) for trace in fronts] == [(True, True), (False, True)]


def test_arms_of_one_name_are_compared_as_two_arms_of_one_study(made: Results) -> None:
    joined = join_studies([part(made, "A", ONE), part(made, "B", OTHER)])
    assert joined.first == (0, 3)
    assert joined.results.arms == (f"S-BERT ({ONE})", f"S-BERT ({OTHER})")
    assert joined.results.studies[f"S-BERT ({OTHER})"] == (OTHER, "S-BERT")
    assert joined.results.pairs == ((f"S-BERT ({ONE})", f"S-BERT ({OTHER})"),)
    (found,) = Comparisons(joined.results).declared
    table = comparisons_table(Comparisons(joined.results))
    assert table is not None
    assert any(note.startswith("No study declared these pairs before it ran") for note in table.notes)
    (same,) = Comparisons(replace(made, pairs=(("A", "B"),))).declared
    assert (found.gaps, found.adjusted, found.verdict) == (same.gaps, same.adjusted, same.verdict)
    means = [made.trials[made.trials["arm"] == arm]["overall"].mean() for arm in "AB"]
    assert found.gaps["overall"].value == pytest.approx(means[0] - means[1])
    own = joined.results.predictions(4), made.predictions(4)
    assert own[0] is not None and own[1] is not None
    assert np.array_equal(own[0]["sst"].predicted, own[1]["sst"].predicted)


def test_of_three_studies_each_two_are_a_pair_of_one_family(made: Results) -> None:
    studies = [part(made, arm, f"{arm}@demo") for arm in "ABC"]
    found = Comparisons(join_studies(studies).results).declared
    assert len(found) == 3
    raw = [larger for each in found if (larger := each.gaps["overall"].p) is not None]
    order = np.argsort(raw)
    holm = np.maximum.accumulate([min(1.0, (3 - place) * raw[at]) for place, at in enumerate(order)])
    assert [found[at].adjusted["overall"] for at in order] == pytest.approx(list(holm))


def test_studies_on_other_dev_rows_are_never_ranked_or_compared(made: Results) -> None:
    studies = [part(made, "A", ONE), part(made, "C", "same@demo"), shorter(part(made, "B", OTHER))]
    results = join_studies(studies).results
    assert results.pairs == ((f"S-BERT ({ONE})", "S-BERT (same@demo)"),)
    assert set(results.grounds.values()) == {f"{ONE}, same@demo", OTHER}
    compared = Comparisons(results)
    assert {each.theirs.arm for each in compared.against_best} == {"S-BERT (same@demo)"}
    assert set(by_track(results, compared.leaders)) == {f"of {ONE}, same@demo", f"of {OTHER}"}
    assert headline(compared).count("Of the arms of") == 2
    assert compared.rows_of(f"S-BERT ({OTHER})")["sst"] == 200
    assert compared.rows_of(f"S-BERT ({ONE})")["sst"] == 400
    (arms,) = (table for table in study_tables(results, ["arms"], compared) if table.key == "arms")
    place = [column.heading for column in arms.columns].index("overall")
    assert [row[place].bold for row in arms.rows] == [False, True, False]


def test_a_study_without_predictions_is_ranked_with_no_other(made: Results) -> None:
    gone = replace(part(made, "B", OTHER), predictions=lambda number: None)
    results = join_studies([part(made, "A", ONE), gone]).results
    assert (results.pairs, set(results.grounds.values())) == ((), {ONE, OTHER})


def test_confirmed_scores_take_the_place_where_all_have_them(made: Results) -> None:
    again = {arm: part(made, arm, f"{arm}-confirm@demo") for arm in "BC"}
    both = [
        replace(part(made, "A", ONE), confirmation=again["B"]),
        replace(part(made, "A", OTHER), confirmation=again["C"]),
    ]
    results = join_studies(both).results
    assert results.claimed is results.confirmation
    claims = Comparisons(results).claims
    assert {one.arm: one.mean for one in claims.leaders} == {
        f"S-BERT ({name})": pytest.approx(made.trials[made.trials["arm"] == arm]["overall"].mean())
        for name, arm in ((ONE, "B"), (OTHER, "C"))
    }
    assert join_studies([both[0], part(made, "A", OTHER)]).results.confirmation is None


def test_a_confirmation_is_that_of_its_own_study(made: Results) -> None:
    """Both studies confirm the same configuration, each with three trials of its own."""
    own = part(made, "A", "A-confirm@demo")
    both = [replace(part(made, "A", name), confirmation=own) for name in (ONE, OTHER)]
    results = join_studies(both).results
    (table,) = (each for each in study_tables(results, [], Comparisons(results)) if each.key == "confirmed")
    place = [column.heading for column in table.columns].index("fresh seeds")
    assert [row[place].text for row in table.rows] == ["3", "3"]


def confirmed_twice(made: Results, name: str, numbers: tuple[int, int], arms: str) -> Results:
    """A study of one arm of which two configurations are confirmed, each with the trials of another arm."""
    labels = [f"S-BERT (trial {number})" for number in numbers]
    parts = [part(made, arm, "confirm", label) for arm, label in zip(arms, labels, strict=True)]
    again = replace(
        parts[0],
        arms=tuple(labels),
        wanted=6,
        trials=pd.concat([parts[0].trials, parts[1].trials.assign(number=[3, 4, 5])]),
        predictions=lambda number: parts[number // 3].predictions(number % 3),
    )
    return replace(part(made, "B", name), confirmation=again)


@pytest.mark.parametrize("numbers", [(0, 7), (7, 0)])
def test_of_several_confirmed_configurations_that_is_compared_which_leads_the_search(
    made: Results, numbers: tuple[int, int]
) -> None:
    """Of both searches trial 0 leads; 7 stands for a configuration of lower rank."""
    one = confirmed_twice(made, ONE, (0, 7), "BA")
    other = confirmed_twice(made, OTHER, numbers, "CA" if numbers[0] == 0 else "AC")
    results = join_studies([one, other]).results
    again = results.confirmation
    assert again is not None
    assert again.pairs == ((f"S-BERT ({ONE})", f"S-BERT ({OTHER})"),)
    assert again.wanted == len(again.trials) == 6
    means = {one.arm: one.mean for one in Comparisons(results).claims.leaders}
    assert means == {
        f"S-BERT ({name})": pytest.approx(made.trials[made.trials["arm"] == arm]["overall"].mean())
        for name, arm in ((ONE, "B"), (OTHER, "C"))
    }


def test_what_no_study_declared_is_of_one_name(made: Results) -> None:
    """Arm X stands in both studies; of the second it is not confirmed."""

    def study(name: str, *arms: str) -> Results:
        parts = [part(made, arm, name, called) for arm, called in zip("BC", arms, strict=True)]
        trials = pd.concat([parts[0].trials, parts[1].trials.assign(number=[3, 4, 5])])
        again = part(made, "B", name, arms[0])
        return replace(
            parts[0],
            arms=arms,
            trials=trials,
            predictions=lambda number: parts[number // 3].predictions(number % 3),
            confirmation=again,
        )

    said = findings(Comparisons(join_studies([study(ONE, "X", "Y"), study(OTHER, "Z", "X")]).results))
    assert f"Of one name, but not confirmed: X ({ONE}) against X ({OTHER})." in said


@pytest.mark.parametrize("what", ["tasks", "metric", "overall"])
def test_what_means_something_else_is_refused(made: Results, what: str) -> None:
    other = part(made, "B", OTHER)
    if what == "tasks":
        other = replace(other, tasks={name: task for name, task in other.tasks.items() if name != "sts"})
    elif what == "metric":
        tasks = {**other.tasks, "sts": other.tasks["sts"].model_copy(update={"metric": "spearman"})}
        other = replace(other, tasks=tasks)
    else:
        other = replace(other, overall=Overall(weights={"sst": 2.0}))
    with pytest.raises(InputError, match="'one@demo' and 'other@demo' cannot stand in one report: "):
        join_studies([part(made, "A", ONE), other])


def test_settings_that_one_study_alone_varies_do_not_apply_in_the_other(made: Results) -> None:
    fixed = replace(part(made, "B", OTHER), space={})
    results = join_studies([part(made, "A", ONE), fixed]).results
    assert list(results.space) == ["dropout"]
    assert [one.params for one in Comparisons(results).leaders] == [{}, {"dropout": 0.1}]
    assert Comparisons(results).matched == []
