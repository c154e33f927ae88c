"""A workload over small files, and what `validate` says of it."""

from pathlib import Path

from tests.sweeper_tests.typed import Command, write

CLASSES = "kind: single, text: [t], label: y, metric: accuracy"
ENCODER = "hidden_size: 8, attention_heads: 1, layers: 1, vocabulary: 200, max_length: 8"
SCORES = "kind: pair, text: [t, u], label: y, metric: pearson, range: [0, 5]"


def workload(task: str, source: str = "train: a.tsv, dev: b.tsv", more: str = "") -> None:
    write(
        Path("studies/workloads/w.yaml"),
        f"name: w\ntrain:\n  tasks: {{x: {{{task}, source: {{kind: files, {source}}}}}}}\n"
        f"  encoder: {{{ENCODER}}}\n{more}",
    )


def data(name: str, *rows: str, header: str = "t\tu\ty") -> None:
    write(Path("data", name), "\n".join([header, *rows]) + "\n")


def said_of(sweeper: Command) -> tuple[list[str], list[str]]:
    """The lines on the data, and the warnings."""
    said = sweeper("validate", "w")
    assert said.code == 0, said.err
    return said.out.splitlines()[1:], said.err.splitlines()
