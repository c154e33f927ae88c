"""What a sampler of own code draws is a configuration of the space, or an error that names it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.errors import PluginError
from model.plugins.load import load
from model.plugins.source import find_source
from model.registry import adding
from sweeper.search.draw import Request, draw
from sweeper.search.pruning import should_prune
from sweeper.study.samplers import SAMPLERS, Sampler, SamplerSpec
from sweeper.study.space import Choice, FloatRange, IntRange
from tests.sweeper_tests.search.curves import spec, study

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


CODE = """
from sweeper.study.pruners import PRUNERS, Pruner
from sweeper.study.samplers import SAMPLERS, Sampler

def fail(asked):
    return 1 / 0

SAMPLERS.add("mine", Sampler(fail))
PRUNERS.add("mine", Pruner(fail))
"""


def test_errors_of_an_own_sampler_and_of_an_own_pruner_have_their_line(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(CODE, encoding="utf-8")
    load([find_source("own.py", tmp_path)])
    with pytest.raises(PluginError, match=r"own\.py:6: ZeroDivisionError: division by zero"):
        draw(Request(SamplerSpec(name="mine"), SPACE, 0, (), 1))
    pruned = study({"name": "mine"})
    with pytest.raises(PluginError, match=r"own\.py:6: ZeroDivisionError: division by zero"):
        should_prune(pruned, spec(pruned, 0), {1: 0.5}, [])
