import pytest

from model.config import TrainConfig
from sweeper.report.published import PublishedRow, PublishedTable, published_tables
from sweeper.study.settings import SHORT_NAMES, flat, names_at
from sweeper.study.spec import TABLES
from tests.sweeper_tests.made import PARAMS, study

ROWS = [(key, table, row) for key, table in published_tables().items() for row in table.rows]


def test_all_seven_tables_are_there_and_a_study_may_ask_for_each() -> None:
    assert ("arms", *published_tables()) == TABLES
    assert {key: len(table.rows) for key, table in published_tables().items()} == {
        "table1": 1, "table2": 2, "table3": 4, "table4": 2, "table5": 3, "table6": 2, "table7": 2,
    }  # fmt: skip


@pytest.mark.parametrize(("key", "table", "row"), ROWS, ids=[f"{key} {row.label}" for key, _, row in ROWS])
def test_published_rows_satisfy_the_formula_of_overall(
    key: str, table: PublishedTable, row: PublishedRow
) -> None:
    of = row.scores
    assert of["overall"] == pytest.approx((of["sst"] + of["para"] + (of["sts"] + 1) / 2) / 3, abs=0.001)


@pytest.mark.parametrize(("key", "table", "row"), ROWS, ids=[f"{key} {row.label}" for key, _, row in ROWS])
def test_rows_name_settings_that_there_are_or_will_be(
    key: str, table: PublishedTable, row: PublishedRow
) -> None:
    known = {*names_at(TrainConfig, ()), *SHORT_NAMES, "gradient", "smart.enabled"}
    assert set(table.match | row.match) <= known


def test_the_oddities_of_the_original_stand_as_printed() -> None:
    tables = published_tables()
    assert tables["table3"].rows[0].scores == tables["table2"].rows[1].scores
    assert (
        tables["table4"].rows[0].scores == tables["table3"].rows[3].scores == tables["table6"].rows[0].scores
    )
    assert tables["table5"].rows[0].scores["sts"] == -0.030


def counted(key: str, config: dict[str, object]) -> list[str]:
    table = published_tables()[key]
    return [row.label for row in table.rows if table.counts(row, flat(config))]


def test_a_trial_counts_for_the_rows_whose_settings_it_has() -> None:
    config = study().config("S-BERT", PARAMS, 1).model_dump(mode="json")
    assert counted("table3", config) == ["Weight Decay: 0.1, Dropout: 0.3"]
    assert counted("table4", config) == ["S-BERT (best)"]
    assert counted("table6", config) == ["S-BERT (best)"]
    assert [counted(f"table{n}", config) for n in (1, 2, 5, 7)] == [[], [], [], []]
    assert counted("table3", config | {"dropout": 0.1 + 0.2}) == ["Weight Decay: 0.1, Dropout: 0.3"]


def test_techniques_move_a_trial_to_their_tables() -> None:
    config = study().config("S-BERT", PARAMS, 1).model_dump(mode="json")
    pcgrad = config | {"gradient": "pcgrad"}
    assert counted("table5", pcgrad) == ["Weight Decay: 0.1, Dropout: 0.3"]
    assert (counted("table3", pcgrad), counted("table4", pcgrad)) == ([], ["S-BERT + PCGrad"])
    smart = config | {"smart": {"enabled": True}}
    assert (counted("table3", smart), counted("table6", smart)) == ([], ["S-BERT + SMART (best)"])
    tasks = {**config["tasks"], "sts": config["tasks"]["sts"] | {"loss": "mse"}}
    mse = smart | {"tasks": tasks, "weight_decay": 0.3}
    assert counted("table7", mse) == ["Weight Decay: 0.3, Dropout: 0.3"]


def test_the_baseline_counts_for_table_1() -> None:
    heads = {"sst_head": "linear", "paraphrase_head": "linear", "sts_head": "linear"}
    config = study(arms={"minBERT": heads}).config("minBERT", PARAMS, 1).model_dump(mode="json")
    assert counted("table1", config) == ["minBERT"]
