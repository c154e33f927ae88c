"""Tasks made by hand, for the tests of the trainer's parts."""

from model.tasks import DemoSource, Task


def task(head: str, *, pair: bool, classes: int | None = None, loss: str = "ce") -> Task:
    return Task(
        kind="pair" if pair else "single",
        classes=classes,
        range=None if classes else (0, 5),
        source=DemoSource(task="sst"),
        text=("a", "b") if pair else ("a",),
        label="label",
        metric="accuracy" if classes else "pearson",
        head=head,
        loss=loss,
    )


TASKS = {
    "sst": task("linear", pair=False, classes=5),
    "para": task("linear", pair=True, classes=2),
    "sts": task("linear", pair=True),
}
