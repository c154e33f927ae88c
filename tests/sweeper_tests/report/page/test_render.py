"""The page's text and the data in it, read back; what a browser makes of them is tested in tests/browser."""

import base64
import hashlib
import json
import math
import random
import re
import time
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from sweeper.report.document import Cell, Column, Table
from sweeper.report.figures import study_figures
from sweeper.report.formats import latex, markdown
from sweeper.report.page import page
from sweeper.report.page.explorer import TRACEBACKS, explorer_data
from sweeper.report.results import Results
from sweeper.report.tables.trials import trials_table
from sweeper.trial import RunState
from tests.sweeper_tests.made import PARAMS, document, results, row, study

OF = study()
ARMS = tuple(OF.spec.arms)


def seven() -> Results:
    rng = random.Random(3)  # noqa: S311
    runs = [
        row(
            OF,
            n,
            ARMS[n % 2],
            [rng.random() for _ in OF.tasks],
            params=PARAMS | {"learning_rate": 1e-5 * (n + 1)},
        )
        for n in range(5)
    ]
    runs.append(row(OF, 5, ARMS[0], None, state=RunState.FAILED, error="Traceback\nboom \u2028 </script>"))
    runs.append(row(OF, 6, ARMS[1], None, state=RunState.QUEUED))
    return results(OF, runs)


def html(of: Results, *tables: Table) -> str:
    return page(of, document(of, ["A sentence."], tables), study_figures(of), trials_table(of), {})


def many(trials: int) -> Results:
    """A study of many trials, each with other scores and another learning rate, every 25th failed."""
    of, rng = seven(), random.Random(4)  # noqa: S311
    complete, failed = of.trials.iloc[[0]], of.trials.iloc[[5]]
    frame = pd.concat([failed if n % 25 == 24 else complete for n in range(trials)], ignore_index=True)
    frame = frame.assign(number=range(trials), arm=[ARMS[n % 2] for n in range(trials)])
    frame["params.learning_rate"] = [10 ** rng.uniform(-5, -2) for _ in range(trials)]
    frame["params.dropout"] = [rng.choice([0.1, 0.3, 0.5]) for _ in range(trials)]
    frame["config"] = [
        config | {"learning_rate": rate, "dropout": dropout}
        for config, rate, dropout in zip(
            frame["config"], frame["params.learning_rate"], frame["params.dropout"], strict=True
        )
    ]
    frame["traceback"] = [text and f"{text} {n}\n" * 20 for n, text in enumerate(frame["traceback"])]
    done = frame["state"] == "complete"
    for name in of.scores:
        frame.loc[done, name] = [rng.random() for _ in range(done.sum())]
    curve = of.epochs[of.epochs["number"] == 0]
    numbers = frame.loc[done, "number"]
    epochs = pd.concat([curve] * len(numbers), ignore_index=True)
    epochs["number"] = numbers.repeat(len(curve)).tolist()
    epochs["value"] = [rng.random() for _ in range(len(epochs))]
    return replace(of, trials=frame, epochs=epochs, wanted=trials)


def read(packed: Any, place: int) -> str:
    if isinstance(packed, list):
        return str(packed[place])
    return str(packed["of"][packed["at"][place] if "at" in packed else 0])


def embedded(text: str) -> Any:
    [found] = re.findall(
        r'<script type="application/json" id="trials-data">(.*?)</script>', text, flags=re.DOTALL
    )
    assert not re.search("[<>&\u2028\u2029]", found)
    return json.loads(found)


def test_the_data_holds_every_trial() -> None:
    of = seven()
    data = embedded(html(of))
    frame = of.trials
    assert data["trials"] == frame["number"].tolist()
    for place, trial in enumerate(frame.to_dict("records")):
        assert read(data["arm"], place) == trial["arm"]
        assert read(data["state"], place) == trial["state"]
        assert read(data["failure"], place) == (trial["error_class"] or "")
        assert read(data["traceback"], place) == (trial["traceback"] or "")
        flat = pd.json_normalize(trial["config"]).iloc[0].to_dict()
        shown = data["shared"] | {path: read(texts, place) for path, texts in data["settings"].items()}
        # Mappings that are empty here, of which pandas makes no column.
        kinds = ("head", "loss", "metric", "penalty")
        options = {f"tasks.{task}.{kind}_options" for task in of.tasks for kind in kinds}
        empty = {"encoder.source_options", "overall.weights", "distillation.teacher"}
        assert shown.keys() == {*flat, *options, *empty}
        assert float(shown["learning_rate"]) == pytest.approx(flat["learning_rate"], rel=1e-2)
        for path in ("tasks.para.head", "gradient", "batch_size", "seed"):
            assert shown[path] == str(flat[path])
    assert list(data["settings"]) == ["learning_rate", "tasks.para.head"]
    cells = [[read(column["texts"], place) for column in data["columns"]] for place in range(len(frame))]
    assert cells == [[cell.text for cell in line] for line in trials_table(of).rows]


def test_settings_that_short_text_would_not_tell_apart_are_written_in_full() -> None:
    of = seven()
    rates = [3.2110e-5, 3.2149e-5, 3e-3, 3e-3, 3e-3, 3e-3, 3e-3]
    configs = [
        {**config, "learning_rate": rate} for config, rate in zip(of.trials["config"], rates, strict=True)
    ]
    data = explorer_data(replace(of, trials=of.trials.assign(config=configs)), trials_table(of))
    shown = [read(data["settings"]["learning_rate"], place) for place in range(3)]
    assert shown == ["3.211e-05", "3.2149e-05", "0.003"]


def test_epochs_come_back_to_four_decimals() -> None:
    of = seven()
    epochs = explorer_data(of, trials_table(of))["epochs"]
    assert epochs["counts"] == [3, 3, 3, 3, 3, 0, 0]
    number = [n for n, count in enumerate(epochs["counts"]) for _ in range(count)]
    wide = of.epochs.set_index(["split", "task", "metric", "number", "epoch"])["value"]
    assert len(epochs["series"]) == 8
    for series in epochs["series"]:
        for n, epoch, value in zip(number, epochs["epoch"], series["values"], strict=True):
            known = wide[series["split"], series["task"], series["metric"], n, epoch]
            assert value / epochs["steps"] == pytest.approx(known, abs=5.001e-5)


def test_what_is_not_a_number_is_null() -> None:
    of = seven()
    epochs = of.epochs.assign(value=of.epochs["value"].where(of.epochs["metric"] != "loss"))
    data = embedded(html(replace(of, epochs=epochs)))
    [loss] = [series for series in data["epochs"]["series"] if series["metric"] == "loss"]
    assert loss["values"] == [None] * 15
    time_column = next(column for column in data["columns"] if column["heading"] == "time")
    assert time_column["values"] == [12.5] * 6 + [None]


def test_what_is_infinite_is_null_too() -> None:
    of = seven()
    epochs = of.epochs.assign(value=of.epochs["value"].where(of.epochs["metric"] != "loss", math.inf))
    data = embedded(html(replace(of, epochs=epochs)))
    [loss] = [series for series in data["epochs"]["series"] if series["metric"] == "loss"]
    assert loss["values"] == [None] * 15


@pytest.mark.parametrize("key", ["count", "made", "drawer", "trial-0", "figure-forest"])
def test_a_table_of_a_users_own_has_no_id_of_the_page(key: str) -> None:
    of = seven()
    text = html(of, replace(trials_table(of), key=key))
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(set(ids)) == len(ids)
    assert f'<a href="#table-{key}">' in text


def test_only_very_long_tracebacks_are_cut_and_keep_their_end() -> None:
    of = seven()
    whole = explorer_data(of, trials_table(of))
    assert not whole["cut"]
    long = [f"{n} " + "x" * TRACEBACKS + f" the end {n}" for n in range(7)]
    data = explorer_data(replace(of, trials=of.trials.assign(traceback=long)), trials_table(of))
    assert data["cut"]
    assert sum(map(len, data["traceback"])) <= TRACEBACKS + 20
    assert [text.endswith(f" the end {n}") for n, text in enumerate(data["traceback"])] == [True] * 7


def test_the_policy_allows_the_scripts_of_the_page_and_no_other() -> None:
    text = html(seven())
    [policy] = re.findall('Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(
        rule.strip().split(" ", 1) for rule in policy.replace("&#39;", "'").replace("&#43;", "+").split(";")
    )
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert len(scripts) == 2
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert rules.pop("script-src").split() == [f"'sha256-{digest}'" for digest in digests]
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_a_tie_and_the_trials_of_a_score_are_said_in_words() -> None:
    cells = (Cell("<A>", trials=(3, 4, 7), tie=True), Cell(".700", bold=True))
    table = Table("arms", "Arms", (Column("overall", numeric=True), Column("")), (cells,))
    text = html(seven(), table)
    said = "&lt;A&gt;, not told apart from the best, trials 3–4, 7"
    names = f'title="trials 3–4, 7" aria-label="{said}" data-trials="3 4 7"'
    assert f'<a href="#trial-3" {names}>&lt;A&gt;<sup' in text
    assert "<td><b>.700</b></td>" in text
    assert text.count("†") == 2  # the script knows the sign too


def test_warnings_come_first_then_the_forest_then_the_tables_and_the_other_figures() -> None:
    of = seven()
    history, curves, *_ = study_figures(of)
    table = Table("arms", "Arms", (Column("overall", numeric=True),), ())
    said = replace(document(of, ["A sentence."], [table]), warnings=("A <b>warning</b>.",))
    forest = replace(history, key="forest", title="What may be said")
    text = page(of, said, [curves, forest], trials_table(of), {})
    ids = ["warnings", "figure-forest", "arms", "figure-curves", "trials", "made"]
    assert re.findall(r'<section id="([^"]*)"', text) == ids
    assert [at for at in re.findall(r'<li><a href="#([^"]*)"', text) if at in ids] == ids[1:], (
        "warnings are above the contents"
    )
    assert "<li>A &lt;b&gt;warning&lt;/b&gt;.</li>" in text
    assert '"warnings"' not in page(of, replace(said, warnings=()), [], trials_table(of), {})


def test_the_texts_to_copy_are_those_of_the_files_and_end_no_script() -> None:
    hostile = "</script><!-- & \u2028"
    table = Table("arms", hostile, (Column(hostile),), ((Cell(hostile),),), (hostile,))
    text = html(seven(), table)
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, flags=re.DOTALL)
    assert not any(re.search("[<>&\u2028\u2029]", each) for each in found)
    assert [json.loads(each) for each in found] == [
        {"latex": latex.table_text(each), "markdown": markdown.table_text(each)}
        for each in (table, trials_table(seven()))
    ]


def test_points_that_say_the_same_share_a_text_and_lose_none() -> None:
    of = seven()
    text = html(of)
    found = re.findall(r'data-plot="plot-([^"]*)">(.*?)</script>', text, flags=re.DOTALL)
    drawn = {
        panel.key: json.loads(panel.drawing.to_json())
        for figure in study_figures(of)
        for panel in figure.panels
    }
    assert [key for key, _ in found] == list(drawn)
    for key, written in found:
        drawing = json.loads(written)
        for trace, original in zip(drawing["data"], drawn[key]["data"], strict=True):
            said = original.pop("hovertext", None)
            if isinstance(said, list):
                assert [read(trace["hovertext"], place) for place in range(len(said))] == list(map(str, said))
                del trace["hovertext"]
            else:
                assert trace.pop("hovertext", None) == said
            assert trace == original


@pytest.mark.parametrize(("trials", "seconds", "megabytes"), [(1_000, 30, 6), (10_000, 100, 12)])
def test_many_trials_make_no_page_too_large_or_late(trials: int, seconds: float, megabytes: float) -> None:
    of = many(trials)
    begun = time.process_time()
    text = html(of)
    # Processor time: other work on the machine is not the page's.
    assert time.process_time() - begun < seconds
    assert len(text.encode()) < megabytes * 1e6
    assert len(embedded(text)["trials"]) == trials
    rows = text.count('<tr id="trial-')
    assert rows >= 250
    assert rows == trials or f"The first {rows} of {trials:,} trials." in text
