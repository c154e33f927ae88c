"""Arms that encode the sentences of a pair apart, and arms that encode them together. Pure."""

from collections.abc import Collection, Sequence
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
    """Parts configurations into those that may stand in one ranking.

    Two may if their arms are of one track and, of several studies, were scored on the same dev rows.

    Args:
        results: The study.
        ranked: The configurations.

    Returns:
        The configurations in their order, by words for their arms such as ``with pairs apart``; the part of
        the first configuration comes first.
    """
    words, found = track_words(results), dict[str, list[Configuration]]()
    for one in ranked:
        found.setdefault(words[one.arm], []).append(one)
    return found


def track_words(results: Results) -> dict[str, str]:
    """For each arm the words for the arms that may stand in one ranking with it (see `by_track`)."""
    joint = joint_arms(results)
    return {arm: _words(results, joint, arm) for arm in results.arms}


def tracks_of(results: Results) -> list[Results]:
    """The study with the arms of each track; one of a single track is the study itself."""
    joint, words = joint_arms(results), track_words(results)
    arms: dict[str, list[str]] = {}
    for together in (False, True):
        for arm in results.arms:
            if (arm in joint) is together:
                arms.setdefault(words[arm], []).append(arm)
    return [replace(results, arms=tuple(own)) for own in arms.values()] if len(arms) > 1 else [results]


def _words(results: Results, joint: Collection[str], arm: str) -> str:
    track = f"with pairs {TOGETHER if arm in joint else APART}"
    ground = results.ground(arm)
    if not ground:
        return track
    return f"of {one_line(ground)} {track}" if joint else f"of {one_line(ground)}"


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
