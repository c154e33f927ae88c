"""One item of a checklist, and the checklists as Markdown and LaTeX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...show.made import NOT_RECORDED
from ..formats import latex, markdown

Facts = Mapping[str, Sequence[str]]
"""What answers an item: lines by the name of the fact, none where it was not recorded."""


@dataclass(frozen=True)
class Item:
    """One item.

    Attributes:
        title: Its number, if it has one, and what it asks for, in short.
        facts: What answers it.
    """

    title: str
    facts: Facts

    @property
    def filled(self) -> bool:
        """Whether all of its facts were recorded."""
        return all(self.facts.values())


Checklists = Mapping[str, Sequence[Item]]
"""The items of each checklist by its name."""


def as_markdown(study: str, checklists: Checklists) -> str:
    """The checklists under a heading each, with how many of their items are filled."""
    lines = [f"# {markdown.escape(f'Checklists for {study}')}", markdown.escape(_count(checklists))]
    for name, items in checklists.items():
        lines.append(f"## {markdown.escape(name)}")
        for item in items:
            lines.append(f"### {markdown.escape(item.title)}")
            lines.append("\n".join(f"- {markdown.escape(line)}" for line in _lines(item)))
    return "\n\n".join(lines) + "\n"


def as_latex(study: str, checklists: Checklists) -> str:
    r"""The same to be \input into an appendix; the preamble is that of ``tables.tex``."""
    lines = [f"\\section*{{{latex.escape(f'Checklists for {study}')}}}", latex.escape(_count(checklists))]
    for name, items in checklists.items():
        lines += ["", f"\\subsection*{{{latex.escape(name)}}}"]
        for item in items:
            lines += [f"\\paragraph{{{latex.escape(item.title)}}}", r"\begin{itemize}"]
            lines += [f"\\item {latex.escape(line)}" for line in _lines(item)]
            lines.append(r"\end{itemize}")
    return "\n".join(lines) + "\n"


def _count(checklists: Checklists) -> str:
    items = [item for each in checklists.values() for item in each]
    filled = sum(item.filled for item in items)
    return f"{filled} of {len(items)} items filled from the database; add what is {NOT_RECORDED}."


def _lines(item: Item) -> list[str]:
    return [f"{name}: {line}" for name, lines in item.facts.items() for line in lines or (NOT_RECORDED,)]
