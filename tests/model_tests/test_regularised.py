"""Penalties of own code: what they are given, how a batch goes through, and what is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import BaseModel, ValidationError
from torch import Tensor

from model.config import TrainConfig
from model.errors import PluginError
from model.outputs import divergence
from model.penalties import PENALTIES, Pass, Penalty
from model.registry import adding
from model.regularised import regularised
from model.tasks import Task
from model.trainer import train
from tests.model_tests.made import DEMO, config, metrics


class Options(BaseModel):
    strength: float = 1.0


@pytest.fixture
def add() -> Iterator[Callable[..., None]]:
    with adding("mine.py"):
        yield lambda name, *given, **more: PENALTIES.add(name, Penalty("mine", *given, **more))
    for name in [*PENALTIES.foreign]:
        PENALTIES.remove(name)


def apart(task: Task, passes: tuple[Pass, ...], *, strength: float) -> Tensor:
    one, other = passes
    return strength * divergence(task, one.outputs, other.outputs) / (2 if task.range is None else 1)


def wanting(penalty: str | None, **options: Any) -> dict[str, Any]:
    more = {"penalty": penalty, "penalty_options": options}
    return {name: task.model_dump() | more for name, task in DEMO.items()}


def test_two_passes_as_own_code_are_r_drop_bit_for_bit(
    add: Callable[..., None], cache: Path, tmp_path: Path
) -> None:
    add("apart", apart, passes=2, options=Options)
    short = {"epochs": 2, "steps_per_epoch": 3}
    given = {
        "ours": config(r_drop=0.7, **short),
        "own": config(tasks=wanting("apart", strength=0.7), **short),
    }
    ours, own = (
        metrics(list(train(one, tmp_path / name, data=None, cache=cache))) for name, one in given.items()
    )
    assert own == ours


def test_it_is_given_a_pass_of_outputs_and_embeddings(add: Callable[..., None]) -> None:
    seen: list[Tensor] = []
    given: list[tuple[Pass, ...]] = []

    def network() -> Tensor:
        seen.append(torch.full((4, 3), float(len(seen)), dtype=torch.bfloat16))
        return torch.full((2, 1), 10.0 + len(seen), dtype=torch.bfloat16)

    def value(task: Task, passes: tuple[Pass, ...]) -> Tensor:
        given.append(passes)
        return passes[1].embeddings.mean() + passes[0].outputs.mean()

    add("means", value, passes=3)
    task = Task.model_validate(wanting("means")["para"])
    outputs, penalty = regularised(task, network, seen, 0.0)
    assert penalty == 12
    assert [one.dtype for one in outputs] == [torch.bfloat16] * 3
    (passes,) = given
    assert [(one.outputs[0].item(), one.embeddings[0, 0].item()) for one in passes] == [
        (11, 0),
        (12, 1),
        (13, 2),
    ]
    assert {part.dtype for one in passes for part in one} == {torch.float32}


def test_one_that_compares_rows_is_given_whole_batches(add: Callable[..., None]) -> None:
    add("spread", apart, ranks=True)
    add("each", apart)
    assert config(tasks=wanting("spread")).whole_batches == ["sst", "para", "sts"]
    assert config(tasks=wanting("spread"), train_tasks=["sts"]).whole_batches == ["sts"]
    assert config(tasks=wanting("each"), accumulation=2).whole_batches == []
    with pytest.raises(ValidationError, match="compares the rows of a batch, and accumulation 2 would cut"):
        config(tasks=wanting("spread"), accumulation=2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda *_: 1.0, "a float"),
        (lambda *_: torch.zeros(2, 1), r"a tensor \[2, 1\]"),
        (print, "a NoneType"),
    ],
)
def test_what_is_no_scalar_is_refused(add: Callable[..., None], value: Any, said: str) -> None:
    add("bad", value)
    task = Task.model_validate(wanting("bad")["sst"])
    with pytest.raises(PluginError, match=f"penalty bad gives {said}, expected a scalar tensor"):
        regularised(task, lambda: torch.zeros(2, 5), [torch.zeros(2, 3)], 0.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"r_drop": 0.5},
            "tasks.sst.penalty apart and r_drop 0.5 both take a batch through",
        ),
        ({"smart": {"enabled": True}}, "tasks.sst.penalty apart and smart.enabled both take"),
    ],
)
def test_one_thing_says_how_often_a_batch_goes_through(
    add: Callable[..., None], given: dict[str, Any], said: str
) -> None:
    add("apart", apart, passes=2, options=Options)
    with pytest.raises(ValidationError, match=said):
        TrainConfig.model_validate({"tasks": wanting("apart"), **given})


def test_names_options_and_entries_are_checked(add: Callable[..., None]) -> None:
    add("apart", apart, passes=2, options=Options)
    with pytest.raises(ValidationError, match="'apart'"):
        TrainConfig.model_validate({"tasks": wanting("aprat")})
    with pytest.raises(ValidationError, match="strenght"):
        TrainConfig.model_validate({"tasks": wanting("apart", strenght=1)})
    with pytest.raises(ValidationError, match="penalty_options strength is for penalty apart; penalty is"):
        TrainConfig.model_validate({"tasks": wanting(None, strength=1)})
    with pytest.raises(TypeError, match="penalty 'none' has passes 0; there must be one at least"):
        add("none", apart, passes=0)
    with pytest.raises(TypeError, match="penalty 'other' must be a Penalty"):
        PENALTIES.add("other", apart)  # type: ignore[arg-type]


def test_without_own_code_there_is_none() -> None:
    with pytest.raises(ValidationError, match="should be a penalty of own code"):
        TrainConfig.model_validate({"tasks": wanting("apart")})


def test_at_its_default_it_is_in_no_fingerprint(add: Callable[..., None]) -> None:
    add("apart", apart, passes=2, options=Options)
    plain = TrainConfig(tasks=DEMO)
    assert TrainConfig.model_validate({"tasks": wanting(None)}).fingerprint() == plain.fingerprint()
    assert TrainConfig.model_validate({"tasks": wanting("apart")}).fingerprint() != plain.fingerprint()


def test_a_penalty_has_a_gradient_where_its_embeddings_have_one(add: Callable[..., None]) -> None:
    add("numbers", lambda task, passes: passes[0].outputs.detach().sum())
    declared = Task.model_validate(wanting("numbers")["sst"])
    seen: list[Tensor] = []

    def network(*, frozen: bool) -> Tensor:
        seen.append(torch.ones(2, 3, requires_grad=not frozen))
        return seen[-1].sum(dim=1, keepdim=True).expand(2, 5)

    with pytest.raises(PluginError, match="penalty numbers gives a number without a gradient"):
        regularised(declared, lambda: network(frozen=False), seen, 0.0)
    assert regularised(declared, lambda: network(frozen=True), seen, 0.0)[1] == 30
