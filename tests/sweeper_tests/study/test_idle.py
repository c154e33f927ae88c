"""What a study sets and nothing reads is said before it trains."""

from typing import Any

import pytest
import yaml

from sweeper.study.load import load_study, study_files
from tests.sweeper_tests.study.written import load

pytestmark = pytest.mark.usefixtures("elsewhere")


def said(**fields: Any) -> list[str]:
    lines: list[str] = []
    load(yaml.safe_dump({"name": "s", "workload": "demo", **fields}, sort_keys=False), say=lines.append)
    return [line.split(": ", 1)[1] for line in lines if "changes nothing" in line]


def test_a_space_that_no_arm_reads_is_named() -> None:
    assert said(space={"smart.strength": [0.1, 1.0]}) == [
        "space.smart.strength changes nothing: smart.enabled is false"
    ]
    assert said(space={"smart.strength": [0.1, 1.0], "smart.enabled": [True, False]}) == []
    assert said(space={"smart.strength": [0.1, 1.0]}, arms={"A": {}, "B": {"smart.enabled": True}}) == []


def test_a_switch_that_varies_under_a_condition_may_be_on_elsewhere() -> None:
    when = {"batch_size": [16]}
    space = {"batch_size": [8, 16], "smart.enabled": {"values": [False], "when": when}}
    assert said(base={"smart": {"enabled": True, "strength": 3}}, space=space, sampler={"name": "grid"}) == []


def test_so_is_what_an_arm_sets_beside_another_that_has_its_switch() -> None:
    arms = {"A": {"smart": {"enabled": True, "strength": 5}}, "B": {"smart": {"strength": 5}}}
    assert said(arms=arms) == ["arms.B.smart.strength changes nothing: smart.enabled is false"]
    assert said(base={"smart.strength": 5}, arms=arms | {"B": {}}) == []
    on = {"smart": {"enabled": True, "target_gap": 0.2}}
    assert said(base=on) == ["base.smart.target_gap changes nothing: smart.weight is static"]


def test_so_are_the_tiny_encoders_settings_and_where_gradients_are_kept() -> None:
    assert said(base={"encoder.source": "minilm"}, space={"encoder.layers": [1, 2]}) == [
        "space.encoder.layers changes nothing: encoder.source is minilm"
    ]
    assert said(space={"encoder.layers": [1, 2]}) == []
    space = {"encoder.source": ["tiny", "minilm"], "encoder.layers": [1, 2]}
    assert said(base={"encoder.pooling": "mean"}, space=space) == []
    assert said(base={"gradient_storage": "bf16"}) == [
        "base.gradient_storage changes nothing: gradient is sum"
    ]


def test_no_study_that_is_shipped_has_one() -> None:
    lines: list[str] = []
    for name in study_files():
        load_study(name, say=lines.append)
    assert not [line for line in lines if "changes nothing" in line]
