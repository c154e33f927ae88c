"""A Parquet file as a table."""

from collections.abc import Iterator, Sequence

from ..errors import DataError
from .datafile import DataFile
from .table import CHUNK, Chunk, DataTable, decimals, decoded


def parquet_table(file: DataFile) -> DataTable:
    """The table of a Parquet file; row groups are read one at a time.

    Raises:
        DataError: The file is damaged or no Parquet file, or `pyarrow` is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            f"{file.where}: needs the package `pyarrow`; pip install 'sentence-sweeper[parquet]'"
        ) from error
    try:
        with parquet.ParquetFile(file.path) as opened:
            names = tuple(opened.schema_arrow.names)
    except (pyarrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{file.where} is not read as Parquet: {reason}; unpack it if it is packed, or correct format"
        ) from error

    def read(positions: Sequence[int]) -> Iterator[Chunk]:
        # Columns are chosen by name; of two of one name both are read, and one is taken by its position.
        single = (pyarrow.float32(), pyarrow.float16())
        unique = len(set(names)) == len(names)
        chosen = [names[position] for position in sorted(set(positions))] if unique else None
        start = 1
        try:
            with parquet.ParquetFile(file.path) as opened:
                for batch in opened.iter_batches(CHUNK, columns=chosen):
                    # By name once more: with ``a.b`` comes the part b of a column a, where there is one.
                    columns = (batch.column(names[i] if unique else i) for i in positions)
                    whole = (
                        (column.type, decoded(column, names[i], file.where, start))
                        for i, column in zip(positions, columns, strict=True)
                    )
                    found = (
                        decimals(values, kind.to_pandas_dtype()) if kind in single else values
                        for kind, values in whole
                    )
                    yield Chunk(range(start, start + batch.num_rows), tuple(found))
                    start += batch.num_rows
        except (pyarrow.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise DataError(f"{file.where}, after row {start - 1}: {reason}") from error
        file.check_unchanged()

    return DataTable(file.where, names, read, sha256=file.sha256)
