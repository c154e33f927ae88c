from dataclasses import replace
from pathlib import Path

import pytest

from model.config import TrainConfig
from model.overall import Overall
from model.tasks import Task
from sweeper.errors import InputError
from sweeper.export.ensembles.table import KEY as ENSEMBLES
from sweeper.report.foreign import KEY
from sweeper.report.published import TAKEN, PublishedRow, PublishedTable, published_tables, read_published
from sweeper.report.tables import TABLES as TABLES_OF_A_REPORT
from sweeper.report.tables.published import left_out, own_tables
from sweeper.study.settings import SHORT_NAMES, flat, names_at
from sweeper.study.spec import TABLES
from tests.sweeper_tests.made import PARAMS, results, row, study
from tests.sweeper_tests.typed import Command, refused, write

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
    of_a_task = {f"tasks.para.{name}" for name in Task.model_fields}
    known = {*names_at(TrainConfig, ()), *SHORT_NAMES, *of_a_task, "gradient", "smart.enabled"}
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


@pytest.mark.parametrize(
    ("told", "rows"),
    [
        ({}, ["S-BERT (best)"]),
        ({"tasks.para.concatenation": "uv_absdiff", "tasks.para.head_layers": 0}, ["S-BERT (best)"]),
        ({"tasks.para.concatenation": "uv"}, []),
        ({"tasks.para.concatenation": "uv_absdiff_product"}, []),
        ({"tasks.para.head_layers": 2}, []),
        ({"optimizer": "adamw"}, ["S-BERT (best)"]),
        ({"optimizer": "adam"}, []),
    ],
    ids=str,
)
def test_variants_that_the_paper_tells_from_its_head_are_not_its_rows(
    told: dict[str, object], rows: list[str]
) -> None:
    heads = {"sst_head": "mlp", "paraphrase_head": "sbert", "sts_head": "cosine"}
    config = study(arms={"S-BERT": heads | told}).config("S-BERT", PARAMS, 1)
    assert counted("table4", config.model_dump(mode="json")) == rows


def test_what_a_head_does_by_itself_is_the_setting_of_a_trial_that_has_none(tmp_path: Path) -> None:
    match = "{title: T, rows: [{label: a, match: {tasks.para.concatenation: uv}, scores: {sts: .5}}]}"
    (table,) = own(tmp_path, f"mine: {match}").values()
    of = study(arms={head: {"paraphrase_head": head} for head in ("linear", "sbert")})
    configs = {arm: flat(of.config(arm, PARAMS, 1).model_dump()) for arm in ("linear", "sbert")}
    counts = {arm: table.counts(table.rows[0], config) for arm, config in configs.items()}
    assert counts == {"linear": True, "sbert": False}


def test_rows_whose_settings_several_arms_have_say_which_is_shown() -> None:
    of = study(arms={"S-BERT": {"paraphrase_head": "sbert"}, "Batch 16": {"paraphrase_head": "sbert"}})
    runs = [row(of, 0, "S-BERT", (0.4, 0.7, 0.5)), row(of, 1, "Batch 16", (0.5, 0.7, 0.5))]
    several = own_tables(SBERT, results(of, runs))[0].notes
    assert "Several arms have the settings of a row; ours is of Batch 16 (theirs)." in several
    assert not [note for note in own_tables(SBERT, results(of, runs[:1]))[0].notes if "Several arms" in note]


def test_an_arm_with_a_seed_fewer_is_not_left_out_of_a_row() -> None:
    arms = {name: {"paraphrase_head": "sbert"} for name in ("Worse", "Better")}
    of = study(arms=arms, seeds=[1, 2])
    other = PARAMS | {"dropout": 0.5}
    runs = [
        row(of, 0, "Worse", (0.4, 0.7, 0.5), seed=1),
        row(of, 1, "Worse", (0.4, 0.7, 0.5), seed=2),
        row(of, 2, "Better", (0.6, 0.8, 0.7), seed=1),
        # Within an arm one lucky seed is no mean.
        row(of, 3, "Worse", (0.9, 0.9, 0.9), params=other, seed=1),
    ]
    table = own_tables(SBERT, results(of, runs))[0]
    headings = [column.heading for column in table.columns]
    assert [table.rows[0][headings.index(name)].text for name in ("sts", "seeds", "trials")] == [
        ".700", "1", "2",
    ]  # fmt: skip
    assert "Several arms have the settings of a row; ours is of Better (theirs)." in table.notes
    assert "The arms of a row differ in seeds: theirs: Better 1, Worse 2." in table.notes
    alike = own_tables(SBERT, results(of, [runs[0], runs[2]]))[0].notes
    assert not [note for note in alike if "differ in seeds" in note]


def test_a_published_overall_is_by_the_formula_of_the_study_or_left_out(tmp_path: Path) -> None:
    rows = (
        "[{label: all, scores: {sst: .5, para: .8, sts: .6, overall: .7}}, "
        "{label: some, scores: {sts: .6, overall: .687}}]"
    )
    tables = own(tmp_path, f"mine: {{title: T, match: {{sts_head: cosine}}, rows: {rows}}}")
    found = results(study(), [row(study(), 0, "S-BERT", (0.4, 0.7, 0.5))])
    for overall, texts in (
        (Overall(), [".617", ".700", ".617", ".687"]),
        # (.5 + .8 + .6) / 3 in the place of .7; of `some` there is none.
        (Overall(formula="mean"), [".617", ".633", ".617", "—"]),
    ):
        (table,) = own_tables(tables, replace(found, overall=overall))
        assert [line[2].text for line in table.rows] == texts
        said = " ".join(table.notes)
        other = overall != Overall()
        assert ("The published overall is computed by this formula." in said) is other
        assert ("The published overall of some is left out, as it cannot be computed" in said) is other


SBERT = {
    "mine": PublishedTable(
        title="T",
        rows=(PublishedRow(label="theirs", match={"paraphrase_head": "sbert"}, scores={"sts": 0.5}),),
    )
}

OWN = """
theirs:
  title: "Theirs & <b>"
  rows:
    - {label: alone, scores: {sts: .771}}
    - {label: as ours, match: {sts_head: cosine}, scores: {sts: .5, overall: .6}}
other:
  title: x
  rows: [{label: a, scores: {nli: .5}}]
"""


def own(tmp_path: Path, text: str = OWN) -> dict[str, PublishedTable]:
    path = tmp_path / "published.yaml"
    path.write_text(text, encoding="utf-8")
    return read_published(path, study())


def test_a_table_of_ones_own_has_all_its_rows_and_ours_where_the_settings_are(tmp_path: Path) -> None:
    of = study()
    runs = [row(of, 0, "S-BERT", (0.4, 0.7, 0.5)), row(of, 1, "Baseline", (0.5, 0.7, 0.1))]
    found = results(of, runs)
    tables = own(tmp_path)
    (table,) = own_tables(tables, found)
    headings = [column.heading for column in table.columns]
    assert [(line[0].text, line[1].text, line[headings.index("sts")].text) for line in table.rows] == [
        ("alone", "published", ".771"),
        ("as ours", "ours", ".500"),
        ("", "published", ".500"),
    ]
    assert table.rows[1][headings.index("trials")].trials == (0,)
    assert "nothing was tested against them" in " ".join(table.notes)
    assert left_out(tables, found) == [
        "Not shown: other of published.yaml has scores that this study has not: nli."
    ]
    # Of several studies, of which not all were scored on the same rows, none can be the best.
    apart = replace(found, grounds={"S-BERT": "one", "Baseline": "other"})
    assert own_tables(tables, apart) == []
    why = "ranks all that ran, and not all were scored on the same dev rows"
    assert left_out(tables, apart)[0] == f"Not shown: theirs of published.yaml {why}."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("match:", "macth:", ":6: theirs.rows[1].macth: unknown key; did you mean 'match'?"),
        ("sts_head", "sts_haed", ":6: theirs.rows[1].match.sts_haed: is no setting of a trial; did you mean"),
        (".771", "77.1", ":5: theirs.rows[0].scores.sts = 77.1: must be a share of one, such as .771"),
        ("theirs:", "table3:", ":2: table3: is the key of a table of the paper"),
        ("theirs:", "best:", ":2: best: is the key of a table that every report can have"),
        ("sts_head: cosine", "optimizer: SGD", ":6: theirs.rows[1].match.optimizer = SGD"),
        ("sts_head: cosine", "dropout: '0.1'", ":6: theirs.rows[1].match.dropout = '0.1'"),
        (".771", ".nan", ":5: theirs.rows[0].scores.sts"),
        ("{sts: .771}", "{}", ":5: theirs.rows[0].scores = {}: must not be empty"),
    ],
)
def test_what_is_wrong_names_file_line_field_and_value(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    with pytest.raises(InputError) as error:
        own(tmp_path, OWN.replace(before, after, 1))
    assert str(error.value).startswith(f"{tmp_path / 'published.yaml'}{said}")


def test_no_key_of_a_report_is_free() -> None:
    of = {"trials", KEY, ENSEMBLES, "studies", "differences"}
    assert {*TABLES_OF_A_REPORT} - {*published_tables()} | of == TAKEN


def test_it_is_found_beside_the_study_file_and_in_a_bundle(
    sweeper: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweeper("run", "mine", "--executor", "inline", "--trials", "2").code == 0
    assert sweeper("export", "mine", "--bundle", "without.zip").code == 0
    (folder / "studies/published.yaml").write_text(
        "theirs: {title: Theirs, rows: [{label: SOTA, scores: {sst: .5}}]}", encoding="utf-8"
    )
    printed = ("--table", "theirs", "--format", "markdown")
    said = sweeper("report", "mine", *printed)
    assert "SOTA" in said.out
    assert sweeper("export", "mine", "--bundle", "mine.zip").code == 0
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert sweeper("report", str(folder / "mine.zip"), *printed).out == said.out
    # A bundle without one takes none of the reader's own.
    for place in (elsewhere, elsewhere / "studies", elsewhere / "files"):
        place.mkdir(exist_ok=True)
        (place / "published.yaml").write_text("mine: {title: Mine, rows: [{label: a, scores: {sst: .5}}]}")
    assert "mine" not in sweeper("report", str(folder / "without.zip"), "--format", "csv").out
    assert "no table of" in refused(sweeper, "report", str(folder / "without.zip"), "--table", "mine")


def test_another_projects_is_not_taken_wherever_the_report_is_typed(
    sweeper: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweeper("run", "mine", "--executor", "inline", "--trials", "1").code == 0
    table = "{title: Theirs, rows: [{label: SOTA, scores: {sst: .5}}]}"
    (folder / "studies/published.yaml").write_text(f"theirs: {table}", encoding="utf-8")
    other = folder / "other"
    write(other / "studies/mine.yaml", "name: mine\nworkload: small\n")
    write(other / "studies/published.yaml", f"foreign: {table}")
    monkeypatch.chdir(other)
    monkeypatch.setenv("SWEEPER_HOME", str(folder / ".sweeper"))
    assert sweeper("export", "mine", "--bundle", "mine.zip").code == 0
    for said in (
        sweeper("report", "mine", "--format", "csv"),
        sweeper("report", "mine.zip", "--format", "csv"),
    ):
        assert "SOTA" in said.out, said.err
        assert "foreign" not in said.out
    # Changed since it ran, it is known by its name.
    study = folder / "studies/mine.yaml"
    study.write_text(f"{study.read_text()}\n# a remark\n")
    (other / "studies/mine.yaml").write_text("name: another\n")
    assert "SOTA" in sweeper("report", "mine", "--format", "csv").out
    study.unlink()
    assert "SOTA" not in sweeper("report", "mine", "--format", "csv").out
