"""Trials in words."""

from collections.abc import Collection


def trial_names(numbers: Collection[int]) -> str:
    """Trials by their numbers, neighbours together: ``trial 3``, ``trials 0–4, 7``."""
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    names = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
    return f"trial{'' if len(numbers) == 1 else 's'} {names}"
