"""Comparisons of settings: what is read, what is refused, and what they hold of."""

import operator
import random
from typing import Any

import pytest

from sweeper.study.constraint import Bound, Constraint
from sweeper.study.problem import FieldError


@pytest.mark.parametrize(
    ("text", "left", "sign", "right"),
    [
        ("warmup < dropout", "warmup", "<", "dropout"),
        ("encoder.hidden_size>=64", "encoder.hidden_size", ">=", 64.0),
        ("  learning_rate == 1e-3 ", "learning_rate", "==", 1e-3),
        ("tasks.sst.weight != -.5", "tasks.sst.weight", "!=", -0.5),
        ("max_grad_norm<=epochs", "max_grad_norm", "<=", "epochs"),
    ],
)
def test_a_plain_comparison_is_read(text: str, left: str, sign: str, right: str | float) -> None:
    read = Constraint.parse(text)
    assert (read.left, read.sign, read.right) == (left, sign, right)
    assert Constraint.parse(str(read)) == read


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must compare two settings"),
        ("warmup", "must compare two settings"),
        ("warmup < dropout < 1", "must compare two settings"),
        ("warmup = 1", "must compare two settings"),
        ("warmup < dropout * 2", "must compare two settings"),
        ("__import__('os') < 1", "is no setting"),
        ("3 < warmup", "must have a setting on its left"),
        ("warmup < 1e999", "is no setting"),
        ("warmup < nan", "is no setting"),
        ("warmpu < 1", "did you mean 'warmup'"),
        ("optimizer == 1", "compares numbers, and optimizer is none"),
        ("encoder < 1", "compares numbers, and encoder is none"),
        ("smart.enabled < 1", "compares numbers, and smart.enabled is none"),
        ("warmup < warmup", "compares a setting with itself"),
        ("bf16 < 1", "bf16 is called precision now"),
    ],
)
def test_anything_else_is_one_error(text: str, reason: str) -> None:
    with pytest.raises(FieldError, match=reason):
        Constraint.parse(text)


def test_it_holds_where_pythons_operator_does() -> None:
    signs = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
    drawn = random.Random(1)  # noqa: S311
    for sign, holds in {**signs, "!=": operator.ne}.items():
        for _ in range(50):
            values: dict[str, Any] = {
                "warmup": drawn.randint(0, 3),
                "dropout": drawn.choice([0.0, 1.0, 2.5, 3.0]),
            }
            one = Constraint.parse(f"warmup {sign} dropout")
            assert one.holds(values) is holds(values["warmup"], values["dropout"])
            assert Constraint.parse(f"warmup {sign} 2").holds(values) is holds(values["warmup"], 2)


def test_it_says_nothing_of_what_has_no_number() -> None:
    one = Constraint.parse("max_grad_norm < 1")
    assert one.holds({})
    assert one.holds({"max_grad_norm": None})
    assert not one.holds({"max_grad_norm": 1.0})


def test_a_bound_is_a_comparison_with_a_number_alone() -> None:
    assert Bound.parse("> 3") == Bound(">", 3.0)
    assert Bound.parse(" <=1e-3 ") == Bound("<=", 1e-3)
    for text in ("adamw", "3", "> x", "== 3", "> 3 4", 3, None, [3]):
        assert Bound.parse(text) is None
    assert Bound("<", 2).holds(1)
    assert not Bound("<", 2).holds(2.0)
    for other in (True, "1", None):
        assert not Bound("<", 2).holds(other)


@pytest.mark.parametrize(
    "text", ["batch_size <= 1234567", "learning_rate < 0.00012345678", "dropout >= 0.1", "dropout < warmup"]
)
def test_it_is_said_as_it_may_be_written(text: str) -> None:
    assert str(Constraint.parse(text)) == text
