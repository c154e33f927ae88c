"""A trial gets the result of one with its configuration only if it would read the same files."""

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from model.config import TrainConfig
from model.data.teacher import hash_texts
from sweeper.search.history import History
from sweeper.search.propose import propose
from sweeper.store.study import StudyStore
from sweeper.study.study import Study
from sweeper.sweep.twins import Twins
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import FILES, ROWS, Command, write

ENCODER = (
    "  encoder: {hidden_size: 8, attention_heads: 1, layers: 1, vocabulary: 200}\n  epochs: 1\n  threads: 1\n"
)
STUDY = "name: twins\nworkload: files\nsampler: {{name: grid}}\narms: {arms}\nspace: {{dropout: [0.1]}}\n"
RUN = ("run", "twins", "--executor", "inline", "--trials")


@pytest.mark.parametrize("changed", [False, True])
def test_a_result_is_reused_only_on_the_same_files(changed: bool, folder: Path, sweeper: Command) -> None:
    write(folder / "studies/workloads/files.yaml", FILES + ENCODER)
    write(folder / "studies/twins.yaml", STUDY.format(arms="{A: {}}"))
    assert sweeper(*RUN, "1").code == 0
    if changed:
        write(folder / "data/train.csv", ROWS.decode() + "c\tA dull film\t1\n")
    # The same said in other words: the scale is 1 anyway.
    write(folder / "studies/twins.yaml", STUDY.format(arms="{A: {}, B: {head_learning_rate_scale: 1.0}}"))
    said = sweeper(*RUN, "2")
    assert said.code == 0, said.err
    same = "trial 1 is identical to trial 0"
    if changed:
        assert f"{same}, but the data files or weights have changed since: it is trained" in said.out
        assert "The data changed while the study ran" in sweeper("report").out
    else:
        assert f"{same}: its result is reused" in said.out


@pytest.mark.parametrize("changed", [False, True])
def test_a_result_is_reused_only_from_the_same_teacher(changed: bool, folder: Path, sweeper: Command) -> None:
    heads = "\t".join(["hash", *(f"probability.{label}" for label in range(5))])
    [first, second] = hash_texts([("A fine film", "A poor film")])
    teacher = f"{heads}\n{first}\t0\t0\t0\t0.2\t0.8\n"
    write(folder / "data/teacher.tsv", teacher)
    write(folder / "studies/workloads/files.yaml", FILES + ENCODER)
    study = STUDY + "base: {{distillation: {{teacher: {{sst: teacher.tsv}}}}}}\n"
    write(folder / "studies/twins.yaml", study.format(arms="{A: {}}"))
    assert sweeper(*RUN, "1").code == 0
    if changed:
        write(folder / "data/teacher.tsv", teacher + f"{second}\t0.8\t0.2\t0\t0\t0\n")
    write(folder / "studies/twins.yaml", study.format(arms="{A: {}, B: {head_learning_rate_scale: 1.0}}"))
    said = sweeper(*RUN, "2")
    assert said.code == 0, said.err
    how = (
        ", but the data files or weights have changed since: it is trained"
        if changed
        else ": its result is reused"
    )
    assert f"trial 1 is identical to trial 0{how}" in said.out


def test_a_result_is_reused_only_from_the_same_weights(study: Study, tmp_path: Path) -> None:
    """Of an encoder in a folder: trained on since, it has the same name."""
    file = tmp_path / "mine/model.safetensors"
    write(file, "the weights")
    trial = propose(study, 0, History.of(study))
    assert trial is not None
    hub = {"encoder": {"source": "hub", "name": str(file.parent)}, "tasks": trial.config.tasks}
    trial = replace(trial, config=TrainConfig.model_validate(hub))
    row = replace(made.row(made.study(), 3, "S-BERT", (0.1, 0.2, 0.3)), inputs="i")
    read = {"rows": {}, "weights": hashlib.sha256(file.read_bytes()).hexdigest()}
    twins = Twins(cast(StudyStore, SimpleNamespace(provenance=lambda: {"i": read})), None, tmp_path / "cache")
    assert twins.read_the_same(trial, row)
    write(file, "weights that were trained on")
    assert not twins.read_the_same(trial, row)
    file.unlink()
    assert twins.read_the_same(trial, row), "nothing speaks against it"
