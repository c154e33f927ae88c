"""Rules between settings hold over whole ranges before anything starts."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from sweeper.errors import InputError
from sweeper.study.load import load_study
from sweeper.study.meeting import samples
from sweeper.study.space import Choice, IntRange
from sweeper.study.study import Study
from tests.sweeper_tests import made

HEADS = "hidden_size {} is not a multiple of attention_heads {}"


pytestmark = pytest.mark.usefixtures("elsewhere")


def load(**fields: Any) -> Study:
    Path("mine.yaml").write_text(
        yaml.safe_dump({"name": "mine", **fields}, sort_keys=False), encoding="utf-8"
    )
    return load_study("mine.yaml", "demo")


SIZES = {"low": 16, "high": 64, "step": 2}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        # The ends of the range go with everything.
        ({"space": {"encoder.hidden_size": SIZES, "encoder.attention_heads": [2, 4]}}, HEADS.format(18, 4)),
        ({"space": {"encoder.attention_heads": [2, 4], "encoder.hidden_size": SIZES}}, HEADS.format(18, 4)),
        (
            {"space": {"encoder.hidden_size": [48, 96], "encoder.attention_heads": {"low": 1, "high": 6}}},
            HEADS.format(48, 5),
        ),
        # One of the two is set: in the base, in an arm, by the workload's default.
        (
            {"base": {"encoder.attention_heads": 8}, "space": {"encoder.hidden_size": SIZES}},
            HEADS.format(18, 8),
        ),
        (
            {
                "arms": {"A": {"encoder.attention_heads": 2}, "B": {"encoder.attention_heads": 16}},
                "space": {"encoder.hidden_size": SIZES, "dropout": [0.1, 0.3]},
            },
            HEADS.format(18, 16),
        ),
        ({"space": {"encoder.hidden_size": {"low": 16, "high": 4096}}}, HEADS.format(17, 4)),
    ],
)
def test_a_value_within_a_range_that_breaks_a_rule_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load(**fields)
    line = next(
        number
        for number, text in enumerate(Path("mine.yaml").read_text(encoding="utf-8").splitlines(), 1)
        if text.startswith("  encoder.hidden_size")
    )
    assert str(caught.value).startswith(f"mine.yaml:{line}: space.encoder.hidden_size = ")
    # A study that was begun with it goes on.
    assert isinstance(made.study(made.WORKLOAD, **fields), Study)


def test_a_step_that_fits_is_taken() -> None:
    load(space={"encoder.hidden_size": {**SIZES, "step": 4}, "encoder.attention_heads": [2, 4]})


def test_too_many_values_are_sampled_evenly_with_both_ends() -> None:
    sizes, heads = samples([IntRange(low=1, high=10**9), Choice((2, 4))], 2000, whole=True)
    assert (len(sizes), sizes[0], sizes[-1], heads) == (1000, 1, 10**9, [2, 4])
    gaps = {b - a for a, b in pairwise(sizes) if isinstance(a, int) and isinstance(b, int)}
    assert max(gaps) - min(gaps) <= 1
    square = samples([IntRange(low=1, high=10**9)] * 2, 2000, whole=True)
    assert [len(values) for values in square] == [44, 44]
