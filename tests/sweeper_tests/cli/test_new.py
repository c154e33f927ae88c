"""`sweeper new`: what it may be called."""

from pathlib import Path

from tests.sweeper_tests.typed import Command, refused, write


def test_what_comes_with_sweeper_is_not_hidden(sweeper: Command) -> None:
    write(Path("data/demo.tsv"), "text\tlabel\n" + "".join(f"some words {i}\t{i % 2}\n" for i in range(40)))
    for name, what, file in (
        ("demo", "workload", "studies/workloads/demo.yaml"),
        ("ablation", "study", "studies/ablation.yaml"),
    ):
        said = refused(sweeper, "new", "workload", "data/demo.tsv", "--name", name)
        assert said == (
            f"Error: a {what} {name!r} comes with sweeper, and {file} would hide it: give another --name\n"
        )
        assert not Path(file).exists()
    assert "comes with sweeper" in refused(sweeper, "new", "workload", "data/demo.tsv")
    write(Path("studies/ablation.yaml"), "name: ablation\n")  # the user's own hides it already
    assert sweeper("new", "workload", "data/demo.tsv", "--name", "ablation").code == 0
