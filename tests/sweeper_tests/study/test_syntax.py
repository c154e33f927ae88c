"""Typing mistakes of people who write a study from the pages, and the way out that each answer names."""

from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.study.load import load_study

HEAD = "name: x\nworkload: demo\n"
MISTAKES = [
    (
        "base: {optimizer: AdamW}",
        "3: base.optimizer = AdamW: must be 'adamw', 'adam' or 'sgd'; did you mean 'adamw'?",
    ),
    ("base:\n\tepochs: 4", "4: is not valid YAML: a tab: indent with spaces"),
    (
        "base:\n  epochs: 4\n  dropout 0.1\nseeds: [1]",
        "5: is not valid YAML: a key without its colon: write key: value",
    ),
    ("description: Dropout: how much?", "3: is not valid YAML: two colons in one line"),
    ("base:\n  epochs: 4\n dropout: 0.1", "5: is not valid YAML: the indentation fits no line above"),
    ("base: {epochs: 4\nseeds: [1]", "4: is not valid YAML: a bracket or a comma is missing"),
    ("base: {epochs: !int4 3}", "3: is not valid YAML: the tag '!int4' means nothing here"),
    ("epochs: 4", "3: epochs: is a setting of trials: it stands, indented, under `base`"),
    ("arms:\n  A: {}\n  B:", "5: arms.B = null: must be a mapping: indent what belongs to it, or write {}"),
    ("arms: [A, B]", "3: arms = ['A', 'B']: must be a mapping, key: value, and not a list"),
    ("sampler: nsga2", "3: sampler = nsga2: must be a mapping: write {name: nsga2}"),
    ("base: {smart: true}", "3: base.smart = true: must be a mapping: write {enabled: true}"),
    (
        "arms: {A: {}, B: {encoder: minilm}}",
        "3: arms.B.encoder = minilm: must be a mapping: write {source: minilm}",
    ),
    ("base: {encoder: bert}", "3: base.encoder = bert: must be a mapping: write {source: hub, name: bert}"),
    ("seeds: 7", "3: seeds = 7: must be a list: write [7]"),
    ("arms: {A: {}, B: {}}\ncompare: [A, B]", "4: compare[0] = A: must be a list of pairs: write [[A, B]]"),
    (
        "space:\n  dropout: {low: 0.0, high: 0,1}",
        "4: space.dropout: a comma before 1 parts two entries: write a decimal",
    ),
    ("space:\n  dropout:\n    low: 0.1\n    high: 60", "6: space.dropout.high = 60: must be less than 1"),
    (
        "space: {learning_rate: workload}\nsampler: {name: grid}",
        "3: space.learning_rate: sampler grid needs a list of "
        "choices or a step; the workload recommends 5e-4 to 0.01, log scale: write one here instead",
    ),
    (
        "space: {batch_size: workload}",
        "3: space.batch_size = workload: workload 'demo' recommends no range for it: write "
        "one here; it recommends learning_rate",
    ),
    (
        "space: {learning_rate: [workload]}",
        "3: space.learning_rate[0] = workload: must be a number; the word workload "
        "stands for a whole entry of `space` alone",
    ),
    (
        "space: {smart.tasks: [sst, sts]}",
        "3: space.smart.tasks = ['sst', 'sts']: takes a list, and cannot vary within an arm",
    ),
    (
        "space: {encoder.layers: [1, 2]}\nenqueue: [{encoder: {layers: 1}}]",
        "4: enqueue[0].encoder = {layers: 1}: takes one value for each key of `space`",
    ),
    ("base: {extra: 1}\nworkload: w.yaml", "4: workload stands here for the second time, first in line 2"),
    ("name: ~", "3: name stands here for the second time"),
]


@pytest.mark.parametrize(("written", "answer"), MISTAKES)
def test_the_answer_names_the_line_and_the_way_out(written: str, answer: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"{HEAD}{written}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(str(file))
    assert str(caught.value).startswith(f"{file}:{answer}")


def test_a_workloads_file_is_no_name(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("name: x\nworkload: mine.yaml\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"x\.yaml:2: workload = mine\.yaml: is a file: put it into studies/workloads"
    ):
        load_study(str(file))
