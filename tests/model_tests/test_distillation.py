"""Distillation: against SciPy, NumPy and finite differences; rows without a teacher; trials that go on."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.special import rel_entr, softmax
from torch.nn import functional

from model.config.distillation import DistillationConfig
from model.data.hashes import hashes_of
from model.data.rows import check
from model.data.teacher import hash_texts, taught_rows
from model.distillation import distance, distilled_loss
from model.errors import DataError
from model.inputs import Inputs
from model.losses import LOSSES, Loss
from model.outputs import task_loss
from model.registry import adding
from model.trainer import train
from tests.model_tests.made import DEMO, TASKS, TINY, assert_resumes, config, metrics, teach

CLASSES, RANGE = TASKS["sst"], TASKS["sts"]
RNG = np.random.default_rng(0)
LOGITS, TEACHER = RNG.normal(size=(40, 5)), RNG.normal(size=(40, 5)) * 2
TARGETS = torch.from_numpy(RNG.integers(0, 5, 40))


def settings(**given: object) -> DistillationConfig:
    return DistillationConfig.model_validate({"teacher": {"sst": "x.tsv"}} | given)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 8.0])
def test_the_distance_of_classes_is_scipy_s_divergence(temperature: float) -> None:
    probabilities = softmax(TEACHER, axis=1)
    found = distance(CLASSES, torch.from_numpy(LOGITS), torch.from_numpy(probabilities), temperature)
    # The teacher's logits themselves, not the probabilities that the file has.
    p, q = (softmax(logits / temperature, axis=1) for logits in (TEACHER, LOGITS))
    expected = temperature**2 * rel_entr(p, q).sum(axis=1).mean()
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_a_probability_of_nothing_is_no_trouble() -> None:
    sure = torch.eye(5, dtype=torch.float64)[TARGETS]
    outputs = torch.from_numpy(LOGITS).requires_grad_()
    found = distance(CLASSES, outputs, sure, 1.0)
    assert found.item() == pytest.approx(
        torch.nn.functional.cross_entropy(outputs, TARGETS).item(), rel=1e-12
    )
    (gradient,) = torch.autograd.grad(found, outputs)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("loss", ["ce", "mse"])
def test_the_distance_of_scores_is_a_squared_error(loss: str) -> None:
    task = RANGE.model_copy(update={"loss": loss})
    outputs, teacher = LOGITS[:, :1], RNG.random((40, 1))
    found = distance(task, torch.from_numpy(outputs), torch.from_numpy(teacher), 3.0)
    unit = 1 / (1 + np.exp(-outputs)) if loss == "ce" else outputs
    assert found.item() == pytest.approx(np.mean((unit - teacher) ** 2), rel=1e-12)


def test_rows_without_a_teacher_have_the_loss_of_their_labels() -> None:
    taught = softmax(TEACHER, axis=1)
    taught[::3] = np.nan
    known = ~np.isnan(taught).any(axis=1)
    outputs = torch.from_numpy(LOGITS)
    found = distilled_loss(CLASSES, outputs, TARGETS, torch.from_numpy(taught), settings(weight=0.3))
    labels = -np.log(softmax(LOGITS, axis=1))[np.arange(40), TARGETS.numpy()]
    p, q = (softmax(logits / 2, axis=1) for logits in (TEACHER, LOGITS))
    expected = np.where(known, 0.7 * labels + 0.3 * 4 * rel_entr(p, q).sum(axis=1), labels).mean()
    assert found.item() == pytest.approx(expected, rel=1e-7)
    none = torch.full((40, 5), torch.nan)
    alone = distilled_loss(CLASSES, outputs, TARGETS, none, settings(weight=1.0))
    assert alone.item() == task_loss(CLASSES, outputs, TARGETS).item()


def test_a_loss_of_one_value_a_row_goes_with_a_teacher_of_some_rows() -> None:
    """Own code may give either; of the label losses there were two numbers of rows, which do not add up."""
    taught = softmax(TEACHER, axis=1)
    taught[::3] = np.nan
    with adding("mine.py"):
        LOSSES.add("rows", Loss("one a row", classes=partial(functional.cross_entropy, reduction="none")))
    try:
        declared = CLASSES.model_copy(update={"loss": "rows"})
        outputs = torch.from_numpy(LOGITS)
        found = distilled_loss(declared, outputs, TARGETS, torch.from_numpy(taught), settings(weight=0.3))
    finally:
        LOSSES.remove("rows")
    labels = -np.log(softmax(LOGITS, axis=1))[np.arange(40), TARGETS.numpy()]
    p, q = (softmax(logits / 2, axis=1) for logits in (TEACHER, LOGITS))
    known = ~np.isnan(taught).any(axis=1)
    expected = np.where(known, 0.7 * labels + 0.3 * 4 * rel_entr(p, q).sum(axis=1), labels).mean()
    assert found.item() == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("name", ["sst", "sts"])
def test_the_gradient_is_the_finite_difference(name: str) -> None:
    task, size = TASKS[name], TASKS[name].outputs
    taught = softmax(TEACHER, axis=1) if name == "sst" else RNG.random((40, 1))
    taught[5] = np.nan
    targets = TARGETS if name == "sst" else torch.from_numpy(RNG.random(40))
    outputs = torch.from_numpy(LOGITS[:, :size].copy()).requires_grad_()

    def loss(given: torch.Tensor) -> torch.Tensor:
        return distilled_loss(task, given, targets, torch.from_numpy(taught), settings())

    assert torch.autograd.gradcheck(loss, outputs, eps=1e-6, atol=1e-8)


TAUGHT = {"teacher": {"sst": "sst.tsv", "sts": "sts.jsonl"}, "weight": 0.7}


def test_a_trial_with_a_teacher_goes_on_bit_for_bit(
    tmp_path: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = teach(tmp_path / "data", left_out=20)
    given = config(encoder=TINY, distillation=TAUGHT)
    results = assert_resumes(given, tmp_path, cache, data=data)
    known = check(config(), None)["sst"]["train"]
    missing = len(known) - len({*hash_texts(known.texts)} & set((data / "sst.tsv").read_text().split()))
    assert missing <= 20
    assert f"of {len(known)} training rows have no prediction of the teacher" in caplog.text
    plain = list(train(config(encoder=TINY), tmp_path / "plain", data=None, cache=cache))
    assert metrics(plain) != metrics(results)
    # Another teacher is other data, and the rows are the same.
    teach(tmp_path / "data")
    told: list[Inputs] = []
    other = next(train(given, tmp_path / "other", data=data, cache=cache, loaded=told.append))
    assert other.fingerprint != results[0].fingerprint != plain[0].fingerprint == told[0].data


def test_a_teacher_is_none_where_there_is_none() -> None:
    assert config(distillation={"weight": 0.5}).fingerprint() == config().fingerprint()
    assert config(distillation=TAUGHT).fingerprint() != config().fingerprint()
    with pytest.raises(ValidationError, match=r"weight 0\.7 is of a teacher; `teacher` names none"):
        config(distillation={"weight": 0.7})
    with pytest.raises(ValidationError, match=r"distillation\.teacher names 'sstt'; the tasks are"):
        config(distillation={"teacher": {"sstt": "x.tsv"}})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hash\tprediction\n", "has no column 'probability.0'"),
        ("prediction\tprobability.0\n1\t0.2\n", "has no column 'hash'"),
        ("ROW\t0.2\t0.2\t0.2\t0.2\t0.9\n", "line 2: 0.2, 0.2, 0.2, 0.2, 0.9 are no probabilities of classes"),
        ("ROW\t0.2\t0.2\t0.2\t0.2\tx\n", "line 2: 'x' is no number"),
        ("1\t0.2\t0.2\t0.2\t0.2\t0.2\n", "column 'hash': '1' is no hash of `sweeper predict --hash`"),
        ("ROW\t0.2\t0.2\t0.2\t0.2\t0.2\n", "has a prediction for none of the 96 training rows"),
    ],
)
def test_a_file_that_is_no_teacher_is_refused(text: str, said: str, tmp_path: Path) -> None:
    header = "hash\t" + "\t".join(f"probability.{label}" for label in range(5)) + "\n"
    whole = text if text.startswith(("hash", "pred")) else header + text.replace("ROW", "0" * 15 + "f")
    (tmp_path / "x.tsv").write_text(whole)
    given = config(tasks={"sst": DEMO["sst"]}, encoder=TINY, distillation={"teacher": {"sst": "x.tsv"}})
    with pytest.raises(DataError) as caught:
        next(train(given, tmp_path / "run", data=tmp_path, cache=tmp_path / "cache"))
    assert str(caught.value).startswith("distillation.teacher.sst: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("file", ["../x.tsv", "missing.tsv"])
def test_a_file_is_looked_for_in_the_data_folder(file: str, tmp_path: Path) -> None:
    given = config(tasks={"sst": DEMO["sst"]}, encoder=TINY, distillation={"teacher": {"sst": file}})
    with pytest.raises(DataError, match=r"is outside the data folder|is missing"):
        next(train(given, tmp_path / "run", data=tmp_path, cache=tmp_path / "cache"))


def test_a_pair_has_the_prediction_of_its_own_order_and_else_that_of_the_other(tmp_path: Path) -> None:
    """As of entailment, which goes one way."""
    texts = (["A", "b", "b", "e"], ["b", "a", "c", "f"])
    written = hash_texts((["a", "b", "c", "d", "a"], ["b", "a", "b", "d", "b"]))
    shares = [0.1, 0.7, 0.4, 0.5, 0.9]
    heads = "hash\tprobability.0\tprobability.1\n"
    lines = [f"{key}\t{p}\t{1 - p}\n" for key, p in zip(written, shares, strict=True)]
    (tmp_path / "now.tsv").write_text(heads + "".join(lines))
    found = taught_rows("para", TASKS["para"], "now.tsv", texts, tmp_path)
    np.testing.assert_allclose(found[:, 0], [0.1, 0.7, 0.4, np.nan], rtol=1e-6)
    # Earlier versions wrote one hash for both orders; the first of equal ones counts.
    either = [f"{number:016x}" for number in hashes_of(texts).tolist()]
    assert either[0] == either[1]
    lines = [f"{key}\t{p}\t{1 - p}\n" for key, p in zip(either, shares[:4], strict=True)]
    (tmp_path / "earlier.tsv").write_text(heads + "".join(lines))
    found = taught_rows("para", TASKS["para"], "earlier.tsv", texts, tmp_path)
    np.testing.assert_allclose(found[:, 0], [0.1, 0.1, 0.4, 0.5], rtol=1e-6)
