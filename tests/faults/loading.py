"""Loads studies of many settings, arms, seeds, choices and tasks, and says how the time grows.

    python -m tests.faults.loading

Demanded: at most two seconds of processor time each, and 2.2 times as long for twice as many; as much for a
study that is read from a database.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Workload

SECONDS, GROWTH = 2.0, 2.2
LITTLE = 0.25
"""Seconds below which a growth says nothing."""

TASK = {"kind": "single", "classes": 5, "text": ["sentence"], "label": "sentiment", "metric": "accuracy"}
SHARED: Mapping[str, Any] = {
    "dropout": [0.1, 0.2],
    "learning_rate": {"low": 1e-5, "high": 1e-3, "log": True},
    "warmup": {"low": 0.0, "high": 1.0, "step": 0.01},
    "batch_size": {"low": 8, "high": 64},
    "gradient": ["sum", "pcgrad"],
    "mask_words": [0.0, 0.1],
    "encoder.hidden_size": {"low": 64, "high": 1024, "step": 64},
    "encoder.attention_heads": [2, 4],
    "encoder.max_length": {"low": 4, "high": 512},
    "encoder.dropout": [0.1, 0.2],
    "smart.strength": [1.0, 3.0],
    "smart.steps": [1, 2],
}
PER_TASK: Mapping[str, Any] = {
    "weight": {"low": 0.1, "high": 3.0, "step": 0.1},
    "head": ["linear", "mlp"],
    "activation": ["relu", "tanh"],
    "train_rows": {"low": 10, "high": 100},
    "dev_rows": [10, 20],
    "source.seed": [1, 2],
}


@dataclass(frozen=True)
class Case:
    """What a study has many of, how many at most, and the study and its workload with so many."""

    what: str
    most: int

    def files(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The study and the workload."""
        tasks, study = 3, {}
        match self.what:
            case "parameters":
                tasks = 70
                each = {f"tasks.t{n}.{key}": entry for key, entry in PER_TASK.items() for n in range(tasks)}
                study = {"space": dict(list({**SHARED, **each}.items())[:number])}
            case "arms":
                space = {key: entry for key, entry in SHARED.items() if key != "learning_rate"}
                arms = {
                    f"arm {n}": {"learning_rate": 1e-6 * (1 + n), "encoder.layers": 1 + n % 40}
                    for n in range(number)
                }
                study = {"arms": arms, "space": space}
            case "seeds":
                study = {"seeds": list(range(number))}
            case "choices":
                study = {"space": {"learning_rate": [1e-5 + 1e-9 * n for n in range(number)]}}
            case "tasks":
                tasks, study = number, {"space": dict(SHARED)}
        declared = {f"t{n}": {**TASK, "source": {"kind": "demo", "task": "sst"}} for n in range(tasks)}
        return {"name": "many", **study}, {"name": "w", "train": {"tasks": declared}}

    def seconds(self, number: int, folder: Path) -> tuple[float, float]:
        """Processor time of a load from files, and from what a database holds: the better of two."""
        for name, content in zip(("study", "workload"), self.files(number), strict=True):
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        files = [str(folder / f"{name}.yaml") for name in ("study", "workload")]
        study = load_study(*files)
        spec, workload = study.spec.model_dump(mode="json"), study.workload.model_dump(mode="json")
        loads = (
            (lambda: load_study(*files)),
            (lambda: Study(StudySpec.model_validate(spec), Workload.model_validate(workload))),
        )
        found = []
        for load in loads:
            taken = []
            for _ in range(2):
                began = time.process_time()
                load()
                taken.append(time.process_time() - began)
            found.append(min(taken))
        return found[0], found[1]


CASES = (
    Case("parameters", 400),
    Case("arms", 1_000),
    Case("seeds", 40_000),
    Case("choices", 40_000),
    Case("tasks", 70),
)


def measured(case: Case, folder: Path, halvings: int = 2) -> Iterator[tuple[int, tuple[float, float]]]:
    """The times of a quarter, a half and all."""
    for halving in range(halvings, -1, -1):
        number = case.most >> halving
        yield number, case.seconds(number, folder)


def problems(times: Iterable[tuple[int, tuple[float, float]]]) -> Iterator[str]:
    """Where it took too long, or grew too much."""
    before = None
    for number, each in times:
        for place, seconds in zip(("files", "a database"), each, strict=True):
            if seconds > SECONDS:
                yield f"{number} from {place}: {seconds:.2f} s"
        for place, seconds, less in zip(("files", "a database"), each, before or each, strict=True):
            if before and less > LITTLE and seconds > GROWTH * less:
                yield f"{number} from {place}: {seconds / less:.2f} times as long as half of them"
        before = each


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    found = []
    print("what             many   from files, s   from a database, s")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        for case in CASES:
            times = list(measured(case, Path(name)))
            for number, (files, database) in times:
                print(f"{case.what:12} {number:8,}   {files:13.2f}   {database:18.2f}", flush=True)
            found += [f"{case.what}: {problem}" for problem in problems(times)]
    for problem in found:
        print(f"VIOLATION: {problem}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
