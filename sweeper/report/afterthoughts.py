"""What was declared when scores could be seen: pairs, seeds, and arms that are compared. Pure."""

from collections.abc import Collection, Iterator, Sequence

from ..study.changes import COMPARED, SEEDS, added_arm
from ..text import one_line


def afterthoughts(changes: Sequence[str], compared: Collection[str]) -> Iterator[str]:
    """What is warned of, one line each.

    Args:
        changes: What was changed in the study once a trial was training.
        compared: The arms that it compares.
    """
    late = [change for change in changes if change.partition(":")[0] in COMPARED]
    if late:
        yield (
            "What is compared was changed after training had begun, when scores could be seen: "
            f"{one_line(late[-1])}."
        )
    seeds = [change for change in changes if change.partition(":")[0] == SEEDS]
    if seeds:
        yield (
            "Training seeds were added after training had begun, when scores could be seen: "
            f"{one_line(seeds[-1])}. To add some until a verdict comes makes false ones more frequent."
        )
    added = [arm for change in changes if (arm := added_arm(change)) is not None and arm in compared]
    if added:
        yield (
            f"{one_line(', '.join(added))}: added after training had begun, when scores could be seen, so "
            "that no comparison with it was declared beforehand."
        )
