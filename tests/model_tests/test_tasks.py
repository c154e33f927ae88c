"""`overall` against the paper's arithmetic, and what the tables know of what goes together."""

import numpy as np
import pytest
from pydantic import ValidationError

from model.heads import HEADS
from model.losses import LOSSES
from model.metrics import METRICS
from model.tasks import Task, overall_formula, overall_score
from tests.model_tests.made import TASKS


@pytest.mark.parametrize(
    ("overall", "sst", "para", "sts"),
    [(0.422, 0.290, 0.373, 0.205), (0.732, 0.512, 0.803, 0.760), (0.457, 0.253, 0.632, -0.030)],
)
def test_overall_is_the_paper_s(overall: float, sst: float, para: float, sts: float) -> None:
    scores = {"sst": sst, "para": para, "sts": sts}
    assert overall_score(TASKS, scores) == pytest.approx(overall, abs=1e-3)
    arrays = {name: np.full((2, 3), score) for name, score in scores.items()}
    assert overall_score(TASKS, arrays).tolist() == [[overall_score(TASKS, scores)] * 3] * 2


def test_formula_names_the_tasks() -> None:
    assert overall_formula(TASKS) == "overall = (sst + para + (sts + 1) / 2) / 3"
    assert overall_formula({"sts": TASKS["sts"]}) == "overall = (sts + 1) / 2"


CLASSES, SIMILARITY = TASKS["para"], TASKS["sts"]
FITTING = "accuracy is for classes, pearson for a range"
MISFITS = [
    (CLASSES, {"metric": "pearson"}, f"metric pearson does not fit: {FITTING}"),
    (SIMILARITY, {"metric": "accuracy"}, f"metric accuracy does not fit: {FITTING}"),
    (TASKS["sst"], {"head": "sbert"}, "head sbert compares two sentences; kind is single"),
    (CLASSES, {"head": "cosine"}, "head cosine gives a similarity; the task has classes"),
    (CLASSES, {"loss": "mse"}, "loss mse needs a `range`; the task has classes"),
    (CLASSES, {"concatenation": "uv"}, "concatenation uv is for head sbert; head is linear"),
    (CLASSES, {"head_layers": 1}, "head_layers 1 is for heads mlp and sbert; head is linear"),
    (CLASSES, {"head": "bert"}, "Input should be 'linear', 'mlp', 'sbert' or 'cosine'"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "settings", "said"), MISFITS, ids=str)
def test_what_does_not_go_together_is_refused(task: Task, settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Task.model_validate(task.model_dump() | settings)
    assert said in str(caught.value)


def test_the_schema_describes_every_entry() -> None:
    fields = Task.model_json_schema()["properties"]
    for field, entries in (("head", HEADS), ("loss", LOSSES), ("metric", METRICS)):
        assert fields[field]["enum"] == list(entries)
        assert all(entry.description in fields[field]["description"] for entry in entries.values())
