"""What a trial cost: against the clocks of the system, over attempts, and from a checkpoint without it."""

import itertools
import resource
from pathlib import Path

from safetensors import safe_open

from model.cost import Cost
from model.trainer import train
from tests.model_tests.made import DEMO, TINY, config


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def test_processor_time_and_steps_are_those_of_the_system(tmp_path: Path) -> None:
    before = processor_seconds()
    results = list(train(config(epochs=2), tmp_path / "run", data=None, cache=tmp_path))
    spent = processor_seconds() - before
    told = [result.processor_seconds or 0.0 for result in results]
    assert 0 < told[0] < told[1] <= spent + 0.1
    assert told[1] > 0.5 * spent  # all but the last checkpoint
    # sst, the largest task, has three batches of 32 in its 96 rows.
    assert results[1].step_seconds is not None
    # Two clocks, read one after the other: what comes in between is in one of them.
    steps, stepping = 6 * results[1].step_seconds, sum(result.train_seconds for result in results)
    assert 0.5 * stepping < steps <= stepping


def test_the_time_of_pairs_is_a_part_of_evaluation(tmp_path: Path) -> None:
    [result] = train(config(epochs=1), tmp_path / "run", data=None, cache=tmp_path)
    assert result.pair_seconds is not None
    pairs = sum(task.dev_rows or 0 for task in DEMO.values() if task.kind == "pair")
    assert 0 < result.pair_seconds * pairs / 1000 < result.eval_seconds
    alone = config(epochs=1, tasks={"sst": DEMO["sst"]})
    frozen = config(epochs=1, encoder=TINY | {"freeze": "all"})
    for number, given in enumerate((alone, frozen)):
        [result] = train(given, tmp_path / str(number), data=None, cache=tmp_path)
        assert result.pair_seconds is None


def test_attempts_add_up(tmp_path: Path) -> None:
    given = config(epochs=3)
    trial = train(given, tmp_path / "run", data=None, cache=tmp_path)
    [first] = itertools.islice(trial, 1)
    trial.close()
    before = processor_seconds()
    resumed = list(train(given, tmp_path / "run", data=None, cache=tmp_path))
    spent = processor_seconds() - before
    assert resumed[0] == first
    assert first.processor_seconds is not None
    assert resumed[-1].processor_seconds is not None
    added = resumed[-1].processor_seconds - first.processor_seconds
    assert 0.5 * spent < added <= spent + 0.1


def test_a_checkpoint_of_before_leaves_it_unknown() -> None:
    kept = Cost()
    kept.load_state_dict({})
    assert kept.processor_seconds() is None
    assert kept.seconds_per_step(3) is None


def test_a_trial_says_what_it_trains_on(tmp_path: Path) -> None:
    read = []
    [_] = train(config(epochs=1), tmp_path / "run", data=None, cache=tmp_path, loaded=read.append)
    [inputs] = read
    with safe_open(tmp_path / "run/best.safetensors", "pt") as weights:
        sizes = [weights.get_slice(name).get_shape() for name in weights.keys()]  # noqa: SIM118
    assert inputs.parameters == sum(map(_product, sizes))
    assert inputs.weights is None
    assert {name: (part["train"].used, part["dev"].used) for name, part in inputs.rows.items()} == {
        "sst": (96, 60),
        "para": (70, 60),
        "sts": (50, 60),
    }


def _product(shape: list[int]) -> int:
    return shape[0] * _product(shape[1:]) if shape else 1
