"""Arms that encode the sentences of a pair apart, and arms that encode them together. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from ..study.tracks import joint_tasks
from ..text import one_line
from .configuration import Configuration
from .results import Results

APART, TOGETHER = "apart", "together"
"""What tables call the two tracks."""


def joint_arms(results: Results) -> dict[str, tuple[str, ...]]:
    """The arms that encode pairs together, each with the tasks; it is the same in all trials of an arm."""
    configs = dict(zip(results.trials["arm"], results.trials["config"], strict=True))
    found = {arm: joint_tasks(configs[arm]) for arm in results.arms if arm in configs}
    return {arm: tasks for arm, tasks in found.items() if tasks}


def by_track(results: Results, ranked: Sequence[Configuration]) -> dict[str, list[Configuration]]:
    """Configurations in their order by the track of their arm, that of the first one first."""
    joint, found = joint_arms(results), dict[str, list[Configuration]]()
    for one in ranked:
        found.setdefault(TOGETHER if one.arm in joint else APART, []).append(one)
    return found


def tracks_of(results: Results) -> list[Results]:
    """The study with the arms of each track; one of a single track is the study itself."""
    joint = joint_arms(results)
    arms = ([arm for arm in results.arms if (arm in joint) is together] for together in (False, True))
    return [replace(results, arms=tuple(own)) for own in arms if own] if joint else [results]


def tracks_note(results: Results) -> list[str]:
    """What stands under a table of arms of both tracks, or of pairs that are encoded together."""
    joint = joint_arms(results)
    if not joint:
        return []
    tasks = ", ".join(dict.fromkeys(one_line(task) for own in joint.values() for task in own))
    return [
        f"Pairs together: both sentences of a row of {tasks} are one sequence (a cross-encoder), which no "
        "embedding of a single sentence replaces. Such arms are a track of their own: bold and ties compare "
        "arms of one track."
    ]
