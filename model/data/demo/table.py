"""The demo corpus as a table."""

from ...result import Split
from ...sources import DemoSource
from ..table import DataTable, chunks_of
from . import corpus


def demo_table(source: DemoSource, split: Split) -> DataTable:
    """One split of the demo corpus; its columns are named as in the CS224N files."""
    rows = corpus.examples(source.task, split, source.seed)
    columns = list(zip(*((*row.texts, row.label) for row in rows), strict=True))
    return DataTable(
        f"the demo corpus {source.task!r}",
        tuple(corpus.COLUMNS[source.task]),
        lambda positions: chunks_of(range(1, len(rows) + 1), [columns[i] for i in positions]),
    )
