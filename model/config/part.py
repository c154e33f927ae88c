"""What settings of tasks mean for those of the whole trial. Imports no torch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..heads import HEADS
from ..overall import Overall
from ..tasks import Task
from .distillation import DistillationConfig
from .smart import SmartConfig


def part_misfit(
    chosen: Sequence[str] | None,
    tasks: Collection[str],
    between: Sequence[str],
    overall: Overall,
    smart: SmartConfig,
) -> str | None:
    """Why SMART cannot regularise the tasks that it names, or these not be trained alone; None if all can.

    Args:
        chosen: ``train_tasks``.
        tasks: Names of all tasks.
        between: The settings that want several tasks, as they are to be called.
        overall: How the tasks count.
        smart: Which are regularised.
    """
    regularised = smart.tasks or ()
    if stray := sorted({*regularised} - {*tasks}):
        return f"smart.tasks names {stray}; the tasks are {list(tasks)}"
    if chosen is None:
        return None
    unknown = [name for name in chosen if name not in tasks]
    twice = [name for name in dict.fromkeys(chosen) if chosen.count(name) > 1]
    counted = any(overall.weights.get(name, 1.0) for name in chosen)
    bare = smart.enabled and smart.tasks is not None and not {*regularised} & {*chosen}
    reasons = {
        f"train_tasks names {unknown}; the tasks are {list(tasks)}": bool(unknown),
        f"train_tasks names {twice} more than once": bool(twice),
        f"{', '.join(between)} is between tasks, and train_tasks leaves one, {chosen[0]}": (
            bool(between) and len(chosen) == 1
        ),
        f"train_tasks leaves {list(chosen)}, of which overall.weights counts none": not counted,
        f"smart.tasks names {list(regularised)}, of which train_tasks leaves none to regularise": bare,
    }
    return next((reason for reason, so in reasons.items() if so), None)


def parts_of(
    trained: Mapping[str, Task],
    overall: Overall,
    smart: SmartConfig,
    distillation: DistillationConfig,
    pair_layer: str | None,
) -> dict[str, Any]:
    """The settings of a trial that speak of tasks, cut down to the tasks that are trained.

    Args:
        trained: The tasks that are trained.
        overall: As declared, like those that follow.
        smart: Which tasks are regularised.
        distillation: Which tasks have a teacher.
        pair_layer: What all tasks of pairs share; None where there are none of them.
    """
    if smart.tasks is not None:
        smart = smart.model_copy(update={"tasks": tuple(name for name in smart.tasks if name in trained)})
    pairs = any(task.columns == 2 for task in trained.values())
    return {
        "tasks": dict(trained),
        "overall": overall.only(trained),
        "smart": smart,
        "distillation": distillation.only(trained),
        "pair_layer": pair_layer if pairs else None,
    }


def embedded_once_misfit(tasks: Mapping[str, Task], swap_pairs: float) -> str | None:
    """Why tasks cannot be trained on embeddings that are computed once; None if they can.

    Args:
        tasks: The tasks.
        swap_pairs: Share of the pairs whose sentences change places.
    """
    joint = [name for name, task in tasks.items() if task.pair_encoding == "joint"]
    if joint and swap_pairs:
        return (
            f"swap_pairs {swap_pairs:g} changes the sequences of {', '.join(joint)} (pair_encoding "
            "joint) from step to step; encoder.freeze all embeds each of them once"
        )
    seeing = [task.head for task in tasks.values() if HEADS[task.head].tokens]
    if seeing:
        return f"head {seeing[0]} sees tokens; encoder.freeze all embeds them once, and keeps none"
    return None


def passes_misfit(tasks: Mapping[str, Task], r_drop: float, *, smart: bool) -> str | None:
    """Why it is not clear how a batch goes through the network; None if it is.

    Args:
        tasks: The tasks that are trained.
        r_drop: Factor of R-Drop.
        smart: Whether SMART is on.
    """
    own = [f"tasks.{name}.penalty {task.penalty}" for name, task in tasks.items() if task.penalty]
    wanted = [*own[:1], *([f"r_drop {r_drop:g}"] if r_drop else []), *(["smart.enabled"] if smart else [])]
    if len(wanted) < 2:
        return None
    return f"{wanted[0]} and {wanted[1]} both take a batch through the network again: choose one"
