from dataclasses import replace

import pytest

from sweeper.report.document import Cell, Table
from sweeper.report.formats.markdown import table_text
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import TABLES, arms_table, failures_table, paper_table, study_tables
from sweeper.report.tables.trials import trials_table
from sweeper.study import spec
from sweeper.trial import TrialRow
from tests.sweeper_tests import made
from tests.sweeper_tests.made import results, study


def trials() -> list[TrialRow]:
    return made.trials(study(), error="Traceback:\n  x\nNaN | at step 3\n")


def cell(table: Table, line: int, heading: str) -> Cell:
    return table.rows[line][[column.heading for column in table.columns].index(heading)]


def tables_of(of: Results, *keys: str) -> dict[str, Table]:
    """The tables of a report whose study asks for `keys`, in their order."""
    return {table.key: table for table in study_tables(of, keys, Comparisons(of))}


def test_every_table_has_its_key_and_a_study_can_ask_for_those_that_it_knows() -> None:
    assert [key for key in TABLES if key in spec.TABLES] == list(spec.TABLES)
    found = results(study(), trials())
    tables = {key: make(found, Comparisons(found)) for key, make in TABLES.items()}
    assert [key for key, table in tables.items() if table is None] == [
        *("table1", "table2", "table4", "table5", "table6", "table7"),
        *("comparisons", "by_task", "matched", "pareto", "confirmed", "slices"),
    ]  # fmt: skip
    assert all(table.key == key for key, table in tables.items() if table)


def test_the_table_of_arms_in_markdown() -> None:
    found = results(study(), trials())
    assert table_text(arms_table(found, Comparisons(found))) == (
        "### Arms\n"
        "\n"
        "| arm      | complete | failed |  overall |      sst |     para |      sts | seeds "
        "|   mean ± sd | setting of the best                                  | trials |\n"
        "| -------- | -------: | -----: | -------: | -------: | -------: | -------: | ----: "
        "| ----------: | ---------------------------------------------------- | ------ |\n"
        "| Baseline |        2 |      1 |     .623 |     .420 |     .690 |     .520 |     1 "
        "| .620 ± .005 | learning_rate 3.21e-4, dropout 0.5, weight_decay 0.1 | 2      |\n"
        "| S-BERT   |        2 |      0 | **.677** | **.470** | **.740** | **.640** |     1 "
        "| .672 ± .007 | learning_rate 3.21e-4, dropout 0.5, weight_decay 0.1 | 3      |\n"
        "\n"
        "- Scores are those of the arm's best configuration, as means over its seeds; mean ± sd is over all "
        "configurations and seeds of the arm, each once.\n"
        "- overall = (sst + para + (sts + 1) / 2) / 3\n"
        "- Scores on the built-in demo corpus say nothing about SST, Quora or STS.\n"
        "- Dev scores of 4 complete trials (training seed 11711), each at its best epoch. "
        "The best of 4, chosen on dev, is optimistic.\n"
    )


def test_a_paper_table_sets_ours_beside_the_published_row() -> None:
    table = paper_table("table3", elsewhere(results(study(), trials())))
    assert table is not None
    lines = [[each.text for each in line] for line in table.rows]
    assert lines[:6] == [
        ["Weight Decay: 0.1, Dropout: 0.3", "ours", ".667", ".450", ".750", ".600", "1", "1"],
        ["", "published", ".687", ".486", ".771", ".610", "", ""],
        ["", "difference", "-.020", "-.036", "-.021", "-.010", "", ""],
        ["Weight Decay: 0.1, Dropout: 0.5", "ours", ".677", ".470", ".740", ".640", "1", "3"],
        ["", "published", ".718", ".482", ".826", ".694", "", ""],
        ["", "difference", "-.041", "-.012", "-.086", "-.054", "", ""],
    ]
    assert len(lines) == 6, "rows that did not run are left out, and named"
    assert any(
        note.startswith("2 of 4 rows ran; not: Weight Decay: 0.3, Dropout: 0.3, ") for note in table.notes
    )
    assert table.rows[3][-1].trials == (3,)
    assert any("same figures as the second row of Table 2" in note for note in table.notes)


def elsewhere(of: Results) -> Results:
    """The same trials, not on the built-in corpus."""
    config = [
        one | {"tasks": {name: task | {"source": {"kind": "files"}} for name, task in one["tasks"].items()}}
        for one in of.trials["config"]
    ]
    return replace(of, trials=of.trials.assign(config=config))


def test_the_best_of_ours_and_of_the_published_rows_are_bold() -> None:
    table = paper_table("table3", results(study(), trials()))
    assert table is not None
    bold = [(place, line[1].text) for place, line in enumerate(table.rows) if line[2].bold]
    assert bold == [(2, "ours")], (
        "without differences, on the corpus of our own; the best published row did not run"
    )


def test_failures_name_class_and_last_line() -> None:
    table = failures_table(results(study(), trials()))
    assert table is not None
    assert [each.text for each in table.rows[0]] == [
        "4",
        "Baseline",
        "error",
        "1",
        "NaN | at step 3",
        "learning_rate 3.21e-4, dropout 0.3, weight_decay 0.1",
    ]


def test_the_study_chooses_its_tables_and_failures_show_where_there_are_any() -> None:
    rows = trials()
    keys = list(tables_of(results(study(), rows), "table3", "arms"))
    assert keys == ["table3", "arms", "best", "budget", "cost", "failures"]
    assert list(tables_of(results(study(), rows[:4]), "arms")) == ["arms", "best", "budget", "cost"]


def test_every_table_of_scores_says_what_its_scores_are() -> None:
    found = results(study(), trials())
    tables = [*tables_of(found, *spec.TABLES).values(), trials_table(found)]
    assert len(tables) == 7
    for table in tables:
        if table.key not in ("budget", "failures", "cost"):
            assert "overall = (sst + para + (sts + 1) / 2) / 3" in table.notes
            assert "Scores on the built-in demo corpus say nothing about SST, Quora or STS." in table.notes
            assert any("optimistic" in note and "training seed 11711" in note for note in table.notes)


def test_a_paper_table_looks_at_each_configuration_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10,000 trials a report took minutes when each one asked for all arms and their configurations."""
    from sweeper.report.tables import published

    found = results(study(), trials())
    asked: list[str] = []
    joint_arms, flat = published.joint_arms, published.flat
    monkeypatch.setattr(published, "joint_arms", lambda of: asked.append("joint_arms") or joint_arms(of))
    monkeypatch.setattr(published, "flat", lambda config: asked.append("flat") or flat(config))
    assert paper_table("table3", found) is not None
    assert asked.count("joint_arms") == 1
    assert asked.count("flat") == len(found.configurations) > 1


def test_other_tasks_than_the_papers_have_no_paper_tables() -> None:
    of = study()
    tasks = {"tone": of.tasks["sst"], "likeness": of.tasks["sts"]}
    other = replace(results(of, []), tasks=tasks)
    tables = tables_of(other, "arms", "table3")
    assert list(tables) == ["arms", "best"]
    assert [column.heading for column in tables["arms"].columns][3:6] == ["overall", "tone", "likeness"]
    assert "overall = (tone + (likeness + 1) / 2) / 2" in tables["arms"].notes


def test_a_study_without_trials_has_tables_of_dashes() -> None:
    found = results(study(), [], wanted=4)
    tables = tables_of(found, "arms", "table2")
    assert {key: len(table.rows) for key, table in tables.items()} == {"arms": 2, "best": 2}
    assert cell(tables["arms"], 0, "overall").text == "—"
    assert trials_table(found).rows == ()


def test_all_trials_are_listed_and_the_best_is_bold() -> None:
    table = trials_table(results(study(), trials()))
    assert [cell(table, line, "trial").trials for line in range(6)] == [(number,) for number in range(6)]
    assert [line for line in range(6) if cell(table, line, "overall").bold] == [3]
    assert cell(table, 4, "state").text == "failed"
    assert cell(table, 3, "learning_rate").text == "3.21e-4"
