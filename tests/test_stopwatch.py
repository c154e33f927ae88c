"""The clock that benchmarks put around the trainer finds every part of it."""

from pathlib import Path

from benchmarks.stopwatch import PARTS, Stopwatch
from model.trainer import train
from tests.model_tests.made import config


def test_every_part_of_a_trial_is_clocked(tmp_path: Path) -> None:
    watch = Stopwatch()
    with watch.on_trainer():
        (result,) = train(config(epochs=1), tmp_path / "trial", data=None, cache=tmp_path / "cache")
    parts = {*PARTS.values(), "backward", "clipping", "optimizer"}
    assert {part for part in parts if watch.seconds[part] > 0} == parts
    steps = sum(watch.seconds[part] for part in ("batches", "forward", "backward", "clipping", "optimizer"))
    assert steps < result.train_seconds
