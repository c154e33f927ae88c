"""The options of `sweeper report` that say what is printed, and in which shape."""

from pathlib import Path
from typing import Annotated

import typer

from ..report.selection import BOLD
from .completion import arms, begun_studies
from .options import file_path, named

TableKeys = Annotated[
    list[str] | None,
    typer.Option("--table", metavar="KEY", help="Print this table alone, for example arms; repeatable."),
]

ArmNames = Annotated[
    list[str] | None,
    typer.Option(
        "--arm", metavar="ARM", help="Print the rows of this arm alone; repeatable.", autocompletion=arms
    ),
]

SortColumn = Annotated[
    str | None,
    typer.Option(
        "--sort", metavar="COLUMN", help="Sort what is printed by this column, numbers from the highest."
    ),
]

Beside = Annotated[
    list[str] | None,
    typer.Option(
        "--beside",
        metavar="STUDY",
        help="Add a table of the best of this imported study, not ranked with the others; repeatable.",
    ),
]

Ensembles = Annotated[
    bool,
    typer.Option(
        "--ensembles",
        help="Add a table of ensembles of stored predictions, chosen on other rows than scored.",
    ),
]

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="HEADING", help="Print this column alone; repeatable, in the order that is typed."
    ),
]

Digits = Annotated[
    int, typer.Option(min=2, max=9, metavar="N", help="Decimals of scores and differences, in files too.")
]

Bold = Annotated[
    str,
    named(
        BOLD,
        "--bold",
        metavar="RULE",
        help="Which scores are bold in what is printed: best; ties: those too that are not "
        "told apart from it; none.",
    ),
]

Template = Annotated[
    Path | None,
    file_path(
        "FILE",
        "Write what is printed in a layout of your own, a Jinja template such as table.tex.j2, to the "
        "report's folder; see docs/papers.md.",
    ),
]

Further = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[STUDY]...",
        help="More studies, for one report of all of them, with a column for the study.",
        autocompletion=begun_studies,
    ),
]
