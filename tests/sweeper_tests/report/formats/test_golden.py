"""The report of the golden study is what it was; `python -m tests.sweeper_tests.golden` writes it anew."""

import re
from pathlib import Path

import pytest

from tests.sweeper_tests.golden import FILES, FOLDER, write_golden

_LONG = re.compile(r"-?\d+\.\d{12,}(e-\d+)?")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_golden(tmp_path_factory.mktemp("golden"))


def rounded(text: str) -> str:
    """Numbers to twelve digits: processors differ in the last ones of a sum."""
    return _LONG.sub(lambda number: f"{float(number[0]):.12g}", text)


@pytest.mark.parametrize("name", FILES)
def test_the_report_of_the_golden_study(report: Path, name: str) -> None:
    expected = (FOLDER / name).read_bytes().decode()
    found = (report / name).read_bytes().decode()
    assert rounded(found).splitlines() == rounded(expected).splitlines(), (
        "the report has changed; if that is right: python -m tests.sweeper_tests.golden"
    )
