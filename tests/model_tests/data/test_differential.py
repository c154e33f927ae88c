"""Some of the random tables; `python -m tests.model_tests.data.differential 2000` reads more."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.model_tests.data.differential import Written, compare, tables


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_what_is_read_is_what_csv_and_pandas_read(tmp_path: Path, made: Written) -> None:
    compare(made, tmp_path)
