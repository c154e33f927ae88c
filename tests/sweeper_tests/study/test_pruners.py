"""What a study records of pruners and samplers that are own code."""

import json
from typing import Any

import pytest

from model.plugins.kinds import KINDS
from sweeper.study import owncode
from sweeper.study.pruners import Pruner
from sweeper.study.samplers import Sampler


@pytest.mark.parametrize(
    ("kind", "entry"), [("pruner", Pruner(max)), ("sampler", Sampler(max, learns=False))]
)
def test_of_code_its_name_alone_is_recorded(kind: str, entry: Any) -> None:
    assert owncode.KINDS is KINDS
    traits = KINDS[kind].traits(entry)
    assert json.loads(json.dumps(traits))["code"] == [{"pruner": "decides", "sampler": "draws"}[kind]]
    assert not [value for value in traits.values() if callable(value)]
