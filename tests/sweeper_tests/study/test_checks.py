"""Names of arms that a terminal would obey, or that a CSV file would lose."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from pandas._libs.parsers import STR_NA_VALUES

from sweeper.errors import InputError
from sweeper.study.checks import GAPS
from sweeper.study.load import load_study, stored_study
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import write

STUDY = "name: mine\narms:\n  Plain: {{}}\n  {arm}: {{dropout: 0.5}}\n"


def refused_arm(folder: Path, arm: str) -> str:
    write(folder / "mine.yaml", STUDY.format(arm=json.dumps(arm)))
    with pytest.raises(InputError) as caught:
        load_study(str(folder / "mine.yaml"))
    message = str(caught.value)
    assert message.isprintable()
    return message.removeprefix(f"{folder}/mine.yaml:4: ")


@pytest.mark.parametrize(
    ("arm", "shown"),
    [("\x1b[31mred", "\\x1b[31mred"), ("bell\x07", "bell\\x07"), ("\u202eleft", "\\u202eleft")],
)
def test_control_characters_are_refused(tmp_path: Path, arm: str, shown: str) -> None:
    said = refused_arm(tmp_path, arm)
    assert said == f"arms.{shown}: the name of an arm cannot hold line breaks or other control characters"


def test_a_line_break_is_refused_in_one_line(tmp_path: Path) -> None:
    said = refused_arm(tmp_path, "a\nb")
    reason = "must not be blank, nor begin or end with a space, nor hold a line break"
    assert said == f'arms.a b = "a\\nb": {reason}'


@pytest.mark.parametrize("arm", ["nan", "None", "NA", "null", "#N/A"])
def test_what_pandas_takes_for_a_gap_is_refused(tmp_path: Path, arm: str) -> None:
    assert refused_arm(tmp_path, arm).startswith(f"arms.{arm}: pandas would read an arm {arm} in a CSV file")


def test_they_are_all_that_pandas_takes_for_gaps() -> None:
    assert {*GAPS, ""} == STR_NA_VALUES
    back = pd.read_csv(io.StringIO("arm,x\n" + "".join(f'"{arm}",1\n' for arm in GAPS)))
    assert back["arm"].isna().all()


@pytest.mark.parametrize("arm", ["✓ – é", "none", "nan 2", "‘a’", "👩\u200d💻"])
def test_other_names_are_free(tmp_path: Path, arm: str) -> None:
    write(tmp_path / "mine.yaml", STUDY.format(arm=json.dumps(arm, ensure_ascii=False)))
    assert list(load_study(str(tmp_path / "mine.yaml")).spec.arms) == ["Plain", arm]


def test_a_study_that_was_begun_with_such_a_name_goes_on(tmp_path: Path) -> None:
    study = made.study(arms={"nan": {}, "a\x1bb": {"sst_head": "linear"}})
    with made.store(tmp_path, study, []) as database:
        assert list(stored_study(database.study(study.name).row).spec.arms) == ["nan", "a\x1bb"]
