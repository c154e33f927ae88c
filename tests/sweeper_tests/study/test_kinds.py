"""What a setting is, is what its file says: every setting, with values of every kind of YAML."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.config import TrainConfig
from sweeper.errors import InputError
from sweeper.study.changes import as_begun, compare
from sweeper.study.load import load_study, stored_study
from sweeper.study.schema import study_schema
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import WorkloadFile
from sweeper.study.yamlfile import read_yaml
from sweeper.trial import StudyRow

TASK = "{kind: single, classes: 5, text: [sentence], label: sentiment, metric: accuracy, source: SOURCE}"
SMALL = f"name: small\ntrain: {{tasks: {{sst: {TASK}}}}}\n".replace("SOURCE", "{kind: demo, task: sst}")
SCHEMA = jsonschema.Draft202012Validator(study_schema())
JSON = {"string": str, "integer": int, "number": float, "boolean": bool, "null": NoneType}
PYDANTIC = re.compile(r"Input should|a valid|Value error|unable to|\b(None|True|False|datetime|tuple|dict)\b")

Keys = tuple[str | int, ...]
Kinds = frozenset[type]
Schema = dict[str, Any]


class Scalar(NamedTuple):
    """One value as a file writes it, and what YAML 1.2's core schema makes of it (10.3.2)."""

    text: str
    value: Any


class Place(NamedTuple):
    """Where a value stands: the file, the keys that lead to it, what may stand there, the setting it sets."""

    file: str
    path: Keys
    kinds: Kinds
    setting: Keys


INFINITE, NO_NUMBER = float("inf"), float("nan")
TEXTS = """yes Yes YES no No NO on On ON off Off OFF y n nan inf Inf + . e3 1e 0x 1_000 0b11 1:30 190:20:30
2024-01-01 0o8 -0x1F 0xfg 1.2.3 1.5e"""
VALUES = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~")),
    **{"010": 10, "-010": -10, "00": 0, "08": 8, "+3": 3, "0x1F": 31, "0o17": 15, "0": 0, "1": 1, "-0": 0},
    **{"1e3": 1e3, "1E-5": 1e-5, ".5": 0.5, "5.": 5.0, "1.0": 1.0, "01.5": 1.5, "1e999": INFINITE},
    **{".inf": INFINITE, "-.INF": -INFINITE, ".nan": NO_NUMBER},
    **{"!!str yes": "yes", "!!str 3": "3", "!!int '3'": 3, "!!float 1": 1.0},
}
# Where readers of YAML disagree.
TABLE = [Scalar(text, text) for text in TEXTS.split()] + [Scalar(*pair) for pair in VALUES.items()]
SCALARS = st.one_of(
    st.sampled_from(TABLE),
    st.integers(-9, 10**6).map(lambda number: Scalar(str(number), number)),
    st.integers(0, 300).map(lambda number: Scalar(hex(number), number)),
    st.floats(0, 1e6).map(lambda number: Scalar(repr(number), number)),
    st.floats(1e-9, 1e9).map(lambda number: Scalar(f"{number:.3e}", float(f"{number:.3e}"))),
    st.sampled_from([text for text in (*TEXTS.split(), *VALUES) if "'" not in text]).map(
        lambda text: Scalar(f"'{text}'", text)
    ),
    st.sampled_from(["mean", "sum", "arms", "overall", "sst", "demo", "ce"]).map(
        lambda word: Scalar(f'"{word}"', word)
    ),
)


def declared(schema: Schema, definitions: Schema, path: Keys = ()) -> Iterator[tuple[Keys, Kinds]]:
    """Every field below a JSON Schema that pydantic made, groups and lists too, and what one value may be."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    options = schema.get("anyOf") or schema.get("oneOf") or [schema]
    if path:
        yield path, frozenset(JSON[option["type"]] for option in options if option.get("type") in JSON)
    for option in options:
        if option is not schema:
            yield from (found for found in declared(option, definitions, path) if found[0] != path)
    for name, below in schema.get("properties", {}).items():
        yield from declared(below, definitions, (*path, name))
    items = schema.get("prefixItems", [schema.get("items", False)])[0]
    if items:
        yield from declared(items, definitions, (*path, 0))
    if path == ("tasks",):
        yield from declared(schema["additionalProperties"], definitions, (*path, "sst"))


def of(model: Any) -> dict[Keys, Kinds]:
    schema = model.model_json_schema()
    found: dict[Keys, Kinds] = {}
    for path, kinds in declared(schema, schema["$defs"]):
        found[path] = found.get(path, frozenset()) | kinds
    return found


def dotted(path: Keys) -> Keys:
    """As the study file writes a setting: names with dots between them, then positions."""
    names = [str(part) for part in path if isinstance(part, str)]
    return (".".join(names), *(part for part in path if isinstance(part, int)))


def places() -> Iterator[Place]:
    trained = {path: kinds for path, kinds in of(TrainConfig).items() if path[0] != "seed"}
    for path, kinds in trained.items():
        key = dotted(path)
        yield Place("w.yaml", ("train", *key), kinds, path)
        if path not in (("tasks",), ("tasks", "sst")):
            yield Place("mine.yaml", ("base", *key), kinds, path)
            group = path if path[0] != "tasks" else ("tasks.sst", *path[2:])
            yield Place("mine.yaml", ("arms", "A", *group), kinds, path)
        if kinds and not any(isinstance(part, int) for part in path) and len(key) == 1:
            yield Place("mine.yaml", ("space", *key), frozenset(), path)
            yield Place("mine.yaml", ("space", *key, 0), kinds, path)
            yield Place("mine.yaml", ("enqueue", 0, *key), kinds, path)
            yield Place("w.yaml", ("ranges", *key, 0), kinds, path)
            for number in kinds & {int, float}:
                for end in ("low", "high"):
                    yield Place("mine.yaml", ("space", *key, end), frozenset({number}), path)
                step = {number} if number is int else {number, NoneType}
                yield Place("mine.yaml", ("space", *key, "step"), frozenset(step), path)
                yield Place("mine.yaml", ("space", *key, "log"), frozenset({bool}), path)
    for file, model in (("mine.yaml", StudySpec), ("w.yaml", WorkloadFile)):
        for path, kinds in of(model).items():
            of_records_alone = path == ("warm_start", "configurations")
            if (path[0] != "space" or len(path) == 1) and not of_records_alone:
                yield Place(file, path, frozenset() if path[0] == "enqueue" else kinds, ())


PLACES = list(places())


def nested(path: Keys, text: str) -> str:
    """One line of YAML with a value at the end of a path."""
    first, *rest = path
    for part in reversed(rest):
        text = f"[{text}]" if isinstance(part, int) else f"{{{part}: {text}}}"
    return f"{first}: {text}\n"


def load(place: Place, text: str, said: list[str]) -> Study:
    """Loads a study and a workload, the one with a value at a place, in the last line of its file."""
    files = {"mine.yaml": "name: mine\n", "w.yaml": "name: w\nextends: small\n"}
    lines = [
        line
        for line in files[place.file].splitlines(keepends=True)
        if not line.startswith(f"{place.path[0]}:")
    ]
    files[place.file] = "".join(lines) + nested(place.path, text)
    for name, content in files.items():
        Path(name).write_text(content, encoding="utf-8")
    return load_study("mine.yaml", "w.yaml", said.append)


NOWHERE = ("is not in `space`", "set it in `arms` or `base`")
"""Ends of answers to keys where no single value can stand."""


def read_at(study: Study, place: Place) -> Any:
    """The value that a loaded study has at a place."""
    if not place.setting or place.path[0] == "enqueue":
        return under(study.workload if place.file == "w.yaml" else study.spec, place.path)
    if place.path[0] in ("space", "ranges"):
        entries = study.space if place.path[0] == "space" else study.workload.ranges
        entry: Any = entries[str(place.path[1])]
        return entry.value(0) if place.path[-1] == 0 else getattr(entry, str(place.path[-1]))
    return under(study.config(next(iter(study.spec.arms)), {}, 1), place.setting)


def under(part: Any, keys: Keys) -> Any:
    for key in keys:
        part = part[key] if isinstance(part, dict | tuple) else getattr(part, str(key))
    return part


def check(place: Place, scalar: Scalar) -> None:
    kind, said = type(scalar.value), list[str]()
    truth = {"yes": True, "on": True, "no": False, "off": False}.get(scalar.text.lower())
    word = truth is not None
    wrong = not (kind in place.kinds or (kind is int and float in place.kinds)) or word
    wrong = wrong and not (word and bool in place.kinds)
    zero = bool(re.fullmatch(r"[-+]?0\d+", scalar.text)) and bool(place.kinds & {int, float})
    try:
        study = load(place, scalar.text, said)
    except InputError as error:
        message = str(error)
    else:
        assert not wrong, f"{place} took {scalar} for {read_at(study, place)!r}"
        assert not zero
        found, expected = read_at(study, place), truth if word else scalar.value
        assert found == expected
        assert isinstance(found, bool) == isinstance(expected, bool)
        note = f": {scalar.text} is read as {str(truth).lower()}; write {str(truth).lower()}"
        read = [line for line in said if " is read as " in line]
        assert [note.replace(": ", " = ") in line for line in read] == ([True] if word else [])
        return
    assert not PYDANTIC.search(message.replace(scalar.text, "")), message
    if wrong or zero:
        last = len(Path(place.file).read_text().splitlines())
        assert message.startswith(f"{place.file}:{last}: "), message
        assert "\n" not in message
        assert f" = {scalar.text}: " in message or message.endswith(NOWHERE), message
    if wrong and place.file == "mine.yaml" and not word:
        whole = kind is float and scalar.value.is_integer() and int in place.kinds
        assert whole or not SCHEMA.is_valid(read_yaml(Path("mine.yaml")).data), message


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("studies/workloads").mkdir(parents=True)
    Path("studies/workloads/small.yaml").write_text(SMALL)


LAX = """{
  "name": "mine", "base": {"learning_rate": true, "weight_decay": "0.1", "epochs": 3.0, "bf16": "yes"},
  "space": {"dropout": ["0.1", 0.3], "batch_size": {"low": "8", "high": 16.0}}, "seeds": [true, "2"]
}"""
PLAIN = """
name: mine
base: {learning_rate: 1.0, weight_decay: 0.1, epochs: 3, bf16: true}
space: {dropout: [0.1, 0.3], batch_size: {low: 8, high: 16}}
seeds: [1, 2]
"""


@pytest.mark.usefixtures("_elsewhere")
def test_a_record_that_was_read_laxly_means_what_it_meant_and_a_file_goes_on_with_it() -> None:
    Path("mine.yaml").write_text(PLAIN)
    new = load_study("mine.yaml", "small")
    workload = new.workload.model_dump(mode="json")
    now = datetime(2026, 1, 1)
    old = stored_study(StudyRow(1, new.name, json.loads(LAX), workload, "", 4, "0.1.0", now, 1, ""))
    params = {"dropout": 0.3, "batch_size": 8}
    plain = {"learning_rate": 1.0, "weight_decay": 0.1, "epochs": 3, "bf16": True, "seed": 2, **params}
    config = TrainConfig.model_validate({"tasks": new.tasks, **plain})
    assert old.config("all", params, 2) == new.config("all", params, 2) == config
    assert old.config("all", params, 2).fingerprint() == config.fingerprint()
    assert (old.spec.seeds, old.space) == (new.spec.seeds, new.space)
    change = compare(old, as_begun(old, new))
    assert not change.conflicts
    assert "base.learning_rate: true -> 1.0" in change.additions


def test_the_places_are_all_there_are() -> None:
    keys = {".".join(map(str, place.path)) for place in PLACES}
    assert {"sampler.seed", "pruner.p_threshold", "seeds.0", "compare.0.0", "resources.gpus"} <= keys
    trained = {str(place.setting[0]) for place in PLACES if place.setting}
    assert trained == TrainConfig.model_fields.keys() - {"seed"}
    assert len(PLACES) > 400


@pytest.mark.usefixtures("_elsewhere")
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(PLACES), SCALARS)
def test_nothing_is_taken_for_what_it_is_not(place: Place, scalar: Scalar) -> None:
    check(place, scalar)
