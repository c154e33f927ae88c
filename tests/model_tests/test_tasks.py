"""What the tables know of what goes together."""

import pytest
from pydantic import ValidationError

from model.heads import HEADS
from model.losses import LOSSES
from model.metrics import METRICS
from model.tasks import Task
from tests.model_tests.made import TASKS

CLASSES, SIMILARITY = TASKS["para"], TASKS["sts"]
FITTING = (
    "for classes there are accuracy, f1, macro_f1, mcc, kappa, kappa_quadratic, auc; "
    "for a range pearson, spearman, mse, mae"
)
MISFITS = [
    (CLASSES, {"metric": "pearson"}, f"metric pearson does not fit: {FITTING}"),
    (SIMILARITY, {"metric": "accuracy"}, f"metric accuracy does not fit: {FITTING}"),
    (TASKS["sst"], {"head": "sbert"}, "head sbert compares two sentences; kind is single"),
    (CLASSES, {"head": "cosine"}, "head cosine gives a similarity; the task has classes"),
    (TASKS["sst"], {"metric": "auc"}, "metric auc is for two classes; the task has 5"),
    (TASKS["sst"], {"metric": "f1"}, "metric f1 of 5 classes needs `positive`, one of them"),
    (TASKS["sst"], {"metric": "f1", "positive": 5}, "positive 5 is no class; those are 0 to 4"),
    (CLASSES, {"positive": 1}, "positive 1 is for metric f1; metric is accuracy"),
    (CLASSES, {"loss": "mse"}, "loss mse needs a `range`; the task has classes"),
    (SIMILARITY, {"loss": "ordinal"}, "loss ordinal needs classes; the task has a `range`"),
    (SIMILARITY, {"loss": "cosent"}, "loss cosent is of cosines, for head cosine; head is linear"),
    (CLASSES, {"sharpness": 2.0}, "sharpness 2 is for classes under loss ordinal; loss is ce"),
    (SIMILARITY, {"label_smoothing": 0.1}, "label_smoothing 0.1 is for classes under loss ce; loss is ce"),
    (SIMILARITY, {"contrastive": 0.5}, "contrastive 0.5 is for pairs of two classes; the task has a `range`"),
    (TASKS["sst"], {"contrastive": 1}, "contrastive 1 is for pairs of two classes; kind is single"),
    (CLASSES, {"contrastive_scale": 5}, "contrastive_scale 5 is for a `contrastive` above 0, which is 0"),
    (CLASSES, {"concatenation": "uv"}, "concatenation uv is for head sbert; head is linear"),
    (CLASSES, {"head_layers": 1}, "head_layers 1 is for heads mlp and sbert; head is linear"),
    (TASKS["sst"], {"pair_encoding": "joint"}, "pair_encoding joint is for pairs; kind is single"),
    (
        CLASSES,
        {"pair_encoding": "joint", "contrastive": 0.5},
        "contrastive 0.5 compares two embeddings, and a pair has one under pair_encoding joint",
    ),
    (
        CLASSES,
        {"pair_encoding": "joint", "head": "sbert"},
        "head sbert compares two embeddings, and a pair has one under pair_encoding joint: write head",
    ),
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
    for field, entries in (("head", HEADS), ("loss", LOSSES)):
        assert all(entry.description in fields[field]["description"] for entry in entries.values())
