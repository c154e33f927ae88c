"""What a rule declares to read is what it reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from model.config import EncoderConfig, TrainConfig
from model.config.average import AverageConfig
from model.config.distillation import DistillationConfig
from model.config.lora import LoraConfig
from model.config.smart import SmartConfig
from model.rule import rules
from model.tasks import Frozen, Task

DEMO = {"kind": "demo", "task": "sst"}
HUB = {"kind": "hub", "path": "sst"}
CLASSES = {"kind": "single", "classes": 5, "text": ["a"], "label": "b", "metric": "accuracy"}
RANGE = {
    "kind": "pair",
    "range": [0, 5],
    "text": ["a", "b"],
    "label": "c",
    "metric": "pearson",
    "loss": "mse",
}
SPLIT = {"kind": "files", "train": "a", "split": {"column": "fold", "train": [1], "dev": [2]}}
TAUGHT = {"teacher": dict.fromkeys("abc", "x.tsv")}
TASKS = {
    "a": {**CLASSES, "source": DEMO},
    "b": {**RANGE, "source": HUB},
    "c": {**CLASSES, "source": SPLIT},
}


def within(part: Any, path: str = "") -> Iterator[tuple[int, str]]:
    """Every group of settings by its identity, and where it stands."""
    for name, value in dict(part).items():
        if isinstance(value, BaseModel | dict):
            below = "*" if isinstance(part, dict) else name
            yield id(value), f"{path}{below}."
            yield from within(value, f"{path}{below}.")


def read(config: BaseModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The single values that each rule of a configuration reads."""
    places = {id(config): "", **dict(within(config))}
    found: set[str] = set()

    def reading(part: Frozen, name: str) -> Any:
        value = object.__getattribute__(part, name)
        if name in type(part).model_fields and not isinstance(value, BaseModel | dict):
            found.add(places[id(part)] + name)
        return value

    for rule in type(config).__pydantic_decorators__.model_validators.values():
        if rule.info.mode != "after":
            continue  # it reads what was written, and no field
        found.clear()
        with monkeypatch.context() as patch:
            patch.setattr(Frozen, "__getattribute__", reading, raising=False)
            rule.func(config)
        yield set(found)


@pytest.mark.parametrize(
    ("model", "many"),
    [
        (
            TrainConfig,
            [
                {"tasks": TASKS, "gradient": "pcgrad", "pair_layer": "tanh", "distillation": TAUGHT},
                {"tasks": {name: TASKS[name] for name in "bc"}, "r_drop": 1.0, "accumulation": 2},
                {"tasks": TASKS, "train_tasks": ["b"], "smart": {"enabled": True, "tasks": ["b"]}},
                {"tasks": TASKS, "average": {"name": "ema"}, "smart": {"enabled": True}},
                {"tasks": {"b": {**TASKS["b"], "pair_encoding": "joint"}}, "swap_pairs": 0.5},
            ],
        ),
        (
            EncoderConfig,
            [
                {},
                {"source": "minilm", "reinitialize": 1},
                {"layer_pooling": "weighted"},
                {"lora": {"rank": 2}},
            ],
        ),
        (SmartConfig, [{}]),
        (AverageConfig, [{"name": "ema", "decay": 0.9}]),
        (DistillationConfig, [{}]),
        (LoraConfig, [{"rank": 2, "alpha": 4}]),
        (
            Task,
            [
                TASKS["a"],
                {**TASKS["b"], "head": "sbert", "concatenation": "uv", "head_layers": 1},
                {**TASKS["b"], "pair_encoding": "joint"},
            ],
        ),
    ],
)
def test_a_rule_declares_every_value_that_it_reads_and_no_other(
    model: type[BaseModel], many: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = map(model.model_validate, many)
    found = [
        set[str]().union(*each) for each in zip(*(read(one, monkeypatch) for one in configs), strict=True)
    ]
    assert found == [set(declared) for declared in rules(model)]
