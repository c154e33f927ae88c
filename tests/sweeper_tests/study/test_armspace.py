"""What applies beside what, against a reading of the conditions by plain loops."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.study.armspace import ArmSpace
from sweeper.study.cells import Cells
from sweeper.study.conditional import When, holds
from sweeper.study.constraint import Constraint
from sweeper.study.problem import FieldError
from sweeper.study.space import Choice, FloatRange, IntRange, Space

Params = dict[str, Any]


def applying(space: ArmSpace, params: Params) -> Params:
    """Those that apply: what hangs on something that is not there is taken out, again and again."""
    left = dict(params)
    while True:
        gone = [
            key
            for key in left
            if not all(
                other in left and holds(need, left[other]) for other, need in space.when.get(key, {}).items()
            )
        ]
        if not gone:
            return left
        for key in gone:
            del left[key]


@st.composite
def spaces(draw: st.DrawFn) -> ArmSpace:
    """Up to five entries of up to three values, each of which may hang on others, in any order."""
    names = draw(st.permutations(["a", "b", "c", "d", "e"][: draw(st.integers(1, 5))]))
    entries: dict[str, Space] = {}
    when: dict[str, When] = {}
    for place, name in enumerate(names):
        if draw(st.booleans()):
            entries[name] = IntRange(low=1, high=draw(st.integers(2, 3)))
        else:
            entries[name] = Choice(tuple(range(1, draw(st.integers(1, 3)) + 1)))
        needs: When = {}
        for other in draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=2)) if place else ():
            values = draw(st.lists(st.integers(1, 3), unique=True, min_size=1))
            needs[other] = draw(st.sampled_from(["> 1", "<= 1", tuple(values)]))
        if needs:
            when[name] = needs
    order = draw(st.permutations(list(entries)))
    constraints = draw(st.sampled_from([(), (Constraint("a", "<=", "b"),), (Constraint("a", "!=", 2.0),)]))
    known = tuple(one for one in constraints if set(one.names) <= set(entries))
    return ArmSpace({key: entries[key] for key in order}, when, known)


def every(space: ArmSpace) -> list[Params]:
    """All configurations, by trying all products."""
    whole = Cells.of(space.entries)
    assert whole is not None
    found: list[Params] = []
    for number in range(whole.count):
        params = applying(space, whole.params(number))
        fits = all(not (set(one.names) <= set(params)) or one.holds(params) for one in space.constraints)
        if params not in found and fits:
            found.append(params)
    return found


@given(spaces())
def test_cells_are_the_configurations_that_trying_all_products_leaves(space: ArmSpace) -> None:
    expected = every(space)
    cells = Cells.of_arm(space)
    assert cells is not None
    assert cells.count == len(expected)
    listed = [cells.params(number) for number in range(cells.count)]
    assert all(one in expected for one in listed)
    assert [cells.index(one) for one in listed] == list(range(cells.count))
    assert all(list(one) == [key for key in space.entries if key in one] for one in listed)
    for one in listed:
        assert space.has(one)
        assert space.applying(one) == one
        assert space.part(one) == one


@given(spaces(), st.randoms())
def test_values_that_do_not_apply_are_left_out_and_those_of_others_stay(
    space: ArmSpace, drawn: random.Random
) -> None:
    whole = {key: entry.at(drawn.random()) for key, entry in space.entries.items()}
    assert space.applying(whole) == applying(space, whole)
    for key in whole:
        lacking = {other: value for other, value in space.applying(whole).items() if other != key}
        assert space.has(lacking) is (key not in space.applying(whole) and space.allows(lacking))


@given(spaces(), st.data())
def test_what_is_reached_has_the_values_that_are_asked_for(space: ArmSpace, data: st.DataObject) -> None:
    expected = every(space)
    if not expected:
        with pytest.raises(FieldError, match="none fulfils all of them"):
            _ = space.first
        return
    assert space.first in expected
    key = data.draw(st.sampled_from(list(space.entries)))
    for value in space.entries[key].probes():
        found = space.reach({key: value})
        assert found is None or (found in expected and found[key] == value)
        if not space.constraints:
            assert (found is None) is not any(one.get(key) == value for one in expected)


def test_cells_with_some_values_are_those_that_have_them() -> None:
    space = ArmSpace(
        {"a": Choice(("x", "y")), "b": IntRange(low=1, high=3), "c": Choice((True, False))},
        {"b": {"a": ("x",)}, "c": {"b": "> 1"}},
    )
    cells = Cells.of_arm(space)
    assert cells is not None
    assert cells.count == 1 + 2 * 2 + 1
    fixed = cells.having({"b": 2})
    assert fixed is not None
    assert [fixed.params(number) for number in range(fixed.count)] == [
        {"a": "x", "b": 2, "c": True},
        {"a": "x", "b": 2, "c": False},
        {"a": "y"},
    ]
    with pytest.raises(FieldError, match="must be one of"):
        cells.index({"a": "z"})
    with pytest.raises(FieldError, match="is no configuration"):
        cells.index({"a": "x"})


def test_too_many_combinations_are_not_listed() -> None:
    long: dict[str, Space] = {key: IntRange(low=1, high=1000) for key in ("a", "b")}
    assert Cells.of_arm(ArmSpace(long, {}, (Constraint("a", "<", "b"),))) is None
    cells = Cells.of_arm(ArmSpace({**long, "c": Choice((1, 2))}, {"c": {"a": "> 500"}}))
    assert cells is not None
    assert cells.count == 1000 * (500 + 500 * 2)


def test_what_hangs_on_itself_is_an_error() -> None:
    entries: dict[str, Space] = {key: FloatRange(low=0.0, high=1.0) for key in ("a", "b", "c")}
    ring = ArmSpace(entries, {"a": {"c": "> 0.5"}, "b": {"a": "> 0.5"}, "c": {"b": "> 0.5"}})
    with pytest.raises(FieldError, match="depends on itself: a -> c -> b -> a"):
        _ = ring.order
