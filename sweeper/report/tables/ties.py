"""The marks of scores that are not told apart from the best of their column. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from ...text import TIE
from ..document import Cell
from ..statistics.comparison import Comparisons


class Ties:
    """What the tables of the best configurations of a study's arms may mark.

    Args:
        compared: The arms. Once their configurations were confirmed nothing is marked: the scores of the
            search are tested no more.
    """

    def __init__(self, compared: Comparisons) -> None:
        self._confirmed = confirmed = compared.claims is not compared
        self._names = tuple(compared.results.scores)
        self._arms = {} if confirmed else compared.ties
        pairs = [] if confirmed else [*compared.declared, *compared.against_best]
        self._single = any(len(one.numbers) == 1 for one in compared.compared)
        self.known = any(self._arms.values()) or any(
            p is not None for each in pairs for p in each.adjusted.values()
        )
        """Whether anything is said of the arms, so that what has no mark is told apart from the best."""

    def mark(self, arm: str, cells: Sequence[Cell]) -> list[Cell]:
        """The scores of an arm, one cell each, those marked that are not told apart from the best."""
        return [
            replace(cell, tie=True)
            if cell.value is not None and not cell.bold and arm in self._arms.get(name, ())
            else cell
            for name, cell in zip(self._names, cells, strict=True)
        ]

    @property
    def notes(self) -> list[str]:
        """What the mark means, or why a confirmed search has none; nothing where none is set."""
        if self._confirmed:
            return ["These are the scores of the search: claims rest on the confirmed ones."]
        if not any(self._arms.values()):
            return []
        # It has no p Holm in the tables of comparisons.
        single = "; or one of the two has a single seed, so that nothing is said" * self._single
        return [
            f"{TIE}: not told apart from the best, by p Holm as in the tables of comparisons: of a declared "
            "pair among these, of another among all pairs of arms, of a task among these pairs and their "
            f"tasks{single}."
        ]
