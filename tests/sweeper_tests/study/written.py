"""A study and a workload as somebody writes them, and what is said of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.study.load import load_study
from sweeper.study.study import Study

GOOD = """\
name: mine
base: {sst_head: mlp}
arms:
  A: {}
  B: {sts_head: cosine}
space:
  dropout: [0.1, 0.3]
"""


def load(text: str, workload: str | None = None, say: Callable[[str], object] = print) -> Study:
    Path("mine.yaml").write_text(text, encoding="utf-8")
    return load_study("mine.yaml", workload, say)


def refusal(text: str, workload: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load(text, workload)
    return str(caught.value)


def write_workload(text: str, name: str = "w") -> None:
    Path("studies/workloads").mkdir(parents=True, exist_ok=True)
    Path(f"studies/workloads/{name}.yaml").write_text(text, encoding="utf-8")


def refused_workload(text: str) -> str:
    write_workload(text)
    return refusal(GOOD, "w")
