"""Accumulation, checkpointed activations, surgery and sampling inside a whole trial."""

from pathlib import Path

import pytest
import torch

from model.record import EpochRecord
from model.trainer import train
from tests.model_tests.made import DEMO, TINY, assert_resumes, config, same, weights

QUIET = {"dropout": 0.0, "encoder": TINY | {"dropout": 0.0}, "epochs": 1, "steps_per_epoch": 2}


def trained(rundir: Path, cache: Path, **settings: object) -> dict[str, torch.Tensor]:
    results = list(train(config(**settings), rundir, data=None, cache=cache))
    return weights(rundir, len(results))


def assert_close(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("accumulation", [2, 5, 100])
def test_accumulation_is_the_same_step(accumulation: int, cache: Path, tmp_path: Path) -> None:
    # SGD: AdamW turns rounding in a gradient near zero into a step of full size.
    settings = QUIET | {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 30}
    whole = trained(tmp_path / "whole", cache, **settings)
    parts = trained(tmp_path / "parts", cache, **settings, accumulation=accumulation)
    assert_close(parts, whole)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_gradient_checkpointing_is_the_same_step(dropout: float, cache: Path, tmp_path: Path) -> None:
    settings = QUIET | {"dropout": dropout, "encoder": TINY | {"dropout": dropout}}
    kept = trained(tmp_path / "kept", cache, **settings)
    assert_close(trained(tmp_path / "again", cache, **settings, gradient_checkpointing=True), kept)


@pytest.mark.parametrize("gradient", ["pcgrad", "gradvac", "mean", "upgrad"])
def test_surgery_resumes_bit_for_bit_and_records_conflicts(
    gradient: str, cache: Path, tmp_path: Path
) -> None:
    given = config(encoder=TINY, gradient=gradient, epochs=3, steps_per_epoch=3)
    expected = assert_resumes(given, tmp_path, cache)
    found = {(metric.task, metric.name): metric.value for metric in expected[0].metrics}
    for pair in ("sst+para", "sst+sts", "para+sts"):
        assert -1 <= found[pair, "cosine"] <= 1
        assert found[pair, "conflict"] in {0, 1 / 3, 2 / 3, 1}


def test_a_conflict_is_a_cosine_below_zero() -> None:
    given = config(tasks={name: DEMO[name] for name in ("sst", "para")})
    record = EpochRecord(["sst", "para"], torch.device("cpu"))
    for cosine in (-0.5, 0.1, 0.3):
        record.add_cosines(torch.tensor([[1.0, cosine], [cosine, 1.0]], dtype=torch.float64))
    scores = {"sst": 0.5, "para": 0.5}
    found = {
        one.name: one.value for one in record.metrics(given, scores, scores, {}) if one.task == "sst+para"
    }
    assert found == {"cosine": pytest.approx(-0.1 / 3), "conflict": pytest.approx(1 / 3)}


def test_a_step_is_no_longer_than_the_clipped_gradient(cache: Path, tmp_path: Path) -> None:
    # SGD at a constant rate: all weights together move by the rate times the norm to which it is clipped.
    settings = QUIET | {"tasks": {"sst": DEMO["sst"]}, "optimizer": "sgd", "learning_rate": 0.5}
    settings |= {"schedule": "constant", "warmup": 0.0, "weight_decay": 0.0, "steps_per_epoch": 1}
    start = trained(tmp_path / "start", cache, **settings, max_grad_norm=1e-12)
    moved = trained(tmp_path / "moved", cache, **settings, max_grad_norm=1e-3)
    squares = [(moved[name].double() - start[name].double()).square().sum() for name in start]
    assert float(torch.stack(squares).sum().sqrt()) == pytest.approx(0.5 * 1e-3, rel=0.02)


def test_surgery_on_one_task_is_no_surgery(cache: Path, tmp_path: Path) -> None:
    # One task: whatever the method, its gradient stays its own, up to rounding.
    tasks = {"sst": config().tasks["sst"]}
    settings = QUIET | {"tasks": tasks, "optimizer": "sgd", "learning_rate": 0.1}
    plain = trained(tmp_path / "plain", cache, **settings)
    assert_close(trained(tmp_path / "surgery", cache, **settings, gradient="pcgrad"), plain)


@pytest.mark.parametrize("sampling", ["round_robin", "proportional", "square_root", "annealed"])
def test_sampled_tasks_resume_bit_for_bit(sampling: str, cache: Path, tmp_path: Path) -> None:
    assert_resumes(config(encoder=TINY, sampling=sampling, epochs=2), tmp_path, cache)


def test_masked_words_change_training_and_nothing_else(cache: Path, tmp_path: Path) -> None:
    settings = QUIET | {"learning_rate": 1e-12}
    [plain] = train(config(**settings), tmp_path / "plain", data=None, cache=cache)
    [masked] = train(config(**settings, mask_words=0.5), tmp_path / "masked", data=None, cache=cache)
    assert masked.tokens == plain.tokens
    dev = [m for m in plain.metrics if m.split == "dev"]
    assert dev == [m for m in masked.metrics if m.split == "dev"]
    assert plain.metrics != masked.metrics


def test_words_that_are_left_out_make_batches_smaller_and_change_nothing_else(
    cache: Path, tmp_path: Path
) -> None:
    settings = QUIET | {"learning_rate": 1e-12}
    [plain] = train(config(**settings), tmp_path / "plain", data=None, cache=cache)
    [fewer] = train(config(**settings, word_dropout=0.5), tmp_path / "fewer", data=None, cache=cache)
    assert all(fewer.tokens[name] < 0.8 * tokens for name, tokens in plain.tokens.items())
    assert all(fewer.padded_tokens[name] < tokens for name, tokens in plain.padded_tokens.items())
    dev = [m for m in plain.metrics if m.split == "dev"]
    assert dev == [m for m in fewer.metrics if m.split == "dev"]
    assert plain.metrics != fewer.metrics


def test_a_task_s_weight_scales_its_loss(cache: Path, tmp_path: Path) -> None:
    tasks = config().tasks
    only = {"sst": tasks["sst"]}
    weighted = {"sst": tasks["sst"].model_copy(update={"weight": 0.5})}
    settings = QUIET | {"optimizer": "sgd", "max_grad_norm": None, "steps_per_epoch": 1, "weight_decay": 0.0}
    whole = trained(tmp_path / "whole", cache, **settings, tasks=only, learning_rate=0.05)
    half = trained(tmp_path / "half", cache, **settings, tasks=weighted, learning_rate=0.1)
    assert_close(half, whole)


SMARTS = [
    {"enabled": True},
    {"enabled": True, "weight": "dynamic", "tasks": ["sst", "sts"]},
    {"enabled": True, "mode": "released"},
]


@pytest.mark.parametrize("smart", SMARTS)
@pytest.mark.parametrize("gradient", ["sum", "pcgrad"])
def test_smart_resumes_bit_for_bit_and_records_its_weights(
    gradient: str, smart: dict[str, object], cache: Path, tmp_path: Path
) -> None:
    given = config(encoder=TINY, smart=smart, gradient=gradient, epochs=3, steps_per_epoch=3)
    expected = assert_resumes(given, tmp_path, cache)
    recorded = {metric.task for metric in expected[0].metrics if metric.name == "smart_weight"}
    assert recorded == set(smart.get("tasks", given.tasks))  # type: ignore[call-overload]


def test_smart_without_weight_or_average_is_no_smart(cache: Path, tmp_path: Path) -> None:
    smart = {"enabled": True, "strength": 0.0, "bregman": 0.0}
    settings = {"epochs": 1, "steps_per_epoch": 2}
    plain = trained(tmp_path / "plain", cache, **settings)
    idle = trained(tmp_path / "idle", cache, **settings, smart=smart)
    assert same(idle, plain)


@pytest.mark.parametrize("beside", [{}, {"r_drop": 1.0}, {"smart": {"enabled": True}}], ids=str)
def test_the_contrastive_loss_is_added_in_proportion(
    beside: dict[str, object], cache: Path, tmp_path: Path
) -> None:
    settings = QUIET | {"learning_rate": 1e-12, "steps_per_epoch": 1} | beside

    def losses(factor: float) -> dict[str, float]:
        tasks = config().tasks
        tasks = {**tasks, "para": tasks["para"].model_copy(update={"contrastive": factor})}
        given = config(**settings, tasks=tasks)
        [result] = train(given, tmp_path / f"{factor}", data=None, cache=cache)
        return {metric.task: metric.value for metric in result.metrics if metric.name == "loss"}

    without, half, whole = map(losses, (0.0, 0.5, 1.0))
    added = whole.pop("para") - (plain := without.pop("para"))
    # Of anchors that do not know their own second sentence among the batch's 32.
    assert 0.5 < added < 30
    assert half.pop("para") - plain == pytest.approx(added / 2, rel=1e-4)
    assert without == half == whole
