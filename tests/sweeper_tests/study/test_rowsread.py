"""Whether trials read the same rows, as what is recorded of them tells."""

from dataclasses import replace
from typing import Any

import pytest

from sweeper.study.rowsread import DataRead, data_read, read_apart, versions
from tests.sweeper_tests import made

OF = made.study(arms={"A": {}}, space={})


def read(data: str | None, fingerprint: str, **settings: Any) -> tuple[DataRead, ...]:
    """What is known of a trial with these hashes: of its rows alone, if recorded, and of all."""
    run = made.row(OF, 0, "A", (0.4, 0.7, 0.5), params={})
    teachers = settings.get("distillation", {}).get("teacher", {})
    rows = {name: {"train": {"teacher": f"of {file}"}} for name, file in teachers.items()}
    kept: dict[str, dict[str, Any]] = {"it": {"rows": rows} | ({} if data is None else {"data": data})}
    return data_read(replace(run, config=run.config | settings, fingerprint=fingerprint, inputs="it"), kept)


def tasks(**settings: Any) -> dict[str, Any]:
    config = OF.config("A", {}, 1).model_dump(mode="json")
    return {"tasks": config["tasks"] | {"sst": config["tasks"]["sst"] | settings}}


def test_rows_are_compared_where_the_settings_say_that_they_are_the_same() -> None:
    plain = read("a", "a")
    assert versions(plain) == ("a",)
    assert versions([*plain, *read("b", "b")]) == ("a", "b")
    for other in ({"score_test": True}, tasks(head="mlp"), tasks(metric="macro_f1")):
        assert versions([*plain, *read("a", "b", **other)]) == ("a",)
        assert versions([*plain, *read("b", "b", **other)]) == ("a", "b")
    for fewer in ({"remove_dev_rows": True}, {"train_tasks": ["sst"]}, tasks(train_rows=9)):
        assert versions([*plain, *read("b", "b", **fewer)]) == ("a",)
        assert versions([*plain, *read("b", "b", **fewer), *read("c", "c", **fewer)]) == ("b", "c")


def test_a_teacher_is_no_other_row_but_another_file_of_it_is_a_change() -> None:
    plain, taught = read("a", "a"), read("a", "b", distillation={"teacher": {"sst": "t.tsv"}})
    assert versions([*plain, *taught]) == ("a",)
    [rows, (file, _)] = taught
    assert versions([rows, (file, "x"), (file, "y")]) == ("x", "y")


@pytest.mark.parametrize("apart", [{"score_test": True}, {"distillation": {"teacher": {"sst": "t.tsv"}}}])
def test_of_earlier_versions_all_data_have_one_hash(apart: dict[str, Any]) -> None:
    plain = read(None, "a")
    assert versions([*plain, *read("a", "a")]) == ("a",)
    assert versions([*plain, *read("b", "b")]) == versions([*plain, *read(None, "b")]) == ("a", "b")
    assert versions([*plain, *read(None, "b", **apart)]) == ("a",)
    assert versions([*plain, *read(None, "b", **apart), *read(None, "c", **apart)]) == ("b", "c")


def test_other_rows_at_the_same_settings_are_read_apart() -> None:
    plain, fewer = read("a", "a"), read("b", "b", remove_dev_rows=True)
    assert not read_apart(plain, plain)
    assert not read_apart(plain, fewer)
    assert not read_apart([], plain)
    assert read_apart(plain, [*fewer, *read("c", "c")])
    assert read_apart(plain, [*plain, *read("c", "c")])
