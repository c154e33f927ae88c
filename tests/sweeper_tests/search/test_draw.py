"""What a sampler of own code draws is a configuration of the space, or an error that names it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from model.errors import PluginError
from model.plugins.load import load
from model.registry import adding
from sweeper.search.draw import Request, draw
from sweeper.study.samplers import SAMPLERS, Sampler, SamplerSpec
from sweeper.study.space import Choice, FloatRange, IntRange

SPACE = {"rate": FloatRange(low=0, high=1), "layers": IntRange(low=1, high=4), "head": Choice(("a", None))}


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    load(())


def drawn(values: object) -> dict[str, Any]:
    if "mine" in SAMPLERS:
        SAMPLERS.remove("mine")
    with adding("own.py"):
        SAMPLERS.add("mine", Sampler(lambda request: values))  # type: ignore[arg-type, return-value]
    return draw(Request(SamplerSpec(name="mine"), SPACE, 0, (), 1))


def test_numbers_of_numpy_are_numbers() -> None:
    found = drawn({"rate": np.float32(0.5), "layers": np.int64(3), "head": None})
    assert found == {"rate": 0.5, "layers": 3, "head": None}
    assert [type(value) for value in found.values()] == [float, int, type(None)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rate": 99.0}, r"own\.py: sampler mine gives 99\.0: rate: must be from 0\.0 to 1\.0"),
        ({"rate": float("nan")}, "gives nan: rate: must be from"),
        ({"layers": 2.5}, "gives 2.5: layers: must be a whole number"),
        ({"head": "c"}, "gives 'c': head: must be one of"),
        ({"head": ["a"]}, "head: must be one value"),
        ({"more": 1}, "gives 1: more: is no key of the space"),
    ],
)
def test_what_is_not_of_the_space_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(PluginError, match=said):
        drawn({"rate": 0.5, "layers": 1, "head": "a", **changed})


def test_no_values_and_missing_ones_are_refused() -> None:
    with pytest.raises(PluginError, match="gives None: must be a value for each key of the space"):
        drawn(None)
    with pytest.raises(PluginError, match=r"gives \{'rate': 0.5, 'head': None\}: layers: has no value"):
        drawn({"rate": 0.5, "head": None})
