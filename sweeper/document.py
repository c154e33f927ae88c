"""What a report says in words and tables, before it has a format."""

from dataclasses import dataclass

from .table import Table


@dataclass(frozen=True)
class Document:
    """The tables of a study, under what is said about all of them.

    Attributes:
        study: ``<study>@<workload>``.
        description: What the study asks.
        formula: How ``overall`` follows from the scores of the tasks.
        notice: What is to be said beside every score on this workload; may be empty.
        summary: How far the study has come, what it found, what is missing; one sentence each.
        arms: Names of the arms, as the tables write them.
        tables: The tables.
    """

    study: str
    description: str
    formula: str
    notice: str
    summary: tuple[str, ...]
    arms: tuple[str, ...]
    tables: tuple[Table, ...]
