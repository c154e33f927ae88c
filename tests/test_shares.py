"""The shares of the slow tests: each is in one of them, and the quick ones are in all."""

import subprocess
from pathlib import Path

import pytest

from . import shares

LONG = [f"tests/a.py::test_a[{number}]" for number in (3, 13, 5)]
LISTED = (*LONG, "tests/a.py", "tests/b.py")
NAMES = [
    *(f"tests/a.py::test_a[{number}]" for number in range(23)),
    *("tests/quick.py::test_one", "tests/quick.py::test_two"),
    *("tests/b.py::test_only", "tests/sub/a.py::test_of_the_same_name"),
]


def held(share: int, of: int) -> list[str]:
    return [name for name, kept in zip(NAMES, shares.in_share(NAMES, LISTED, share, of), strict=True) if kept]


def test_each_slow_test_is_in_one_share_and_each_quick_one_in_all() -> None:
    of = 10
    by_share = [held(share, of) for share in range(of)]
    for name in NAMES:
        slow = name.partition("::")[0] in LISTED
        assert sum(name in each for each in by_share) == (1 if slow else of)
    for each in by_share:
        assert 2 <= sum(name.startswith("tests/a.py") and name not in LONG for name in each) <= 2
    assert [next(share for share in range(of) if name in by_share[share]) for name in LONG] == [0, 1, 2]
    assert [set(held(share, 2)) & set(LONG) for share in (0, 1)] == [{LONG[0]}, {LONG[1], LONG[2]}]
    assert held(0, 1) == NAMES


def test_listed_files_are_there() -> None:
    listed = shares.slow_list()
    assert len(listed) > 100
    assert [name for name in listed if not (shares.ROOT / name.partition("::")[0]).is_file()] == []


def test_commits_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert shares.turn(10) == 0  # there is no Git here
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    turns = set()
    for number in range(12):
        message = f"commit {number}"
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", message], check=True)
        turns.add(shares.turn(10))
    assert len(turns) > 2
    assert turns <= set(range(10))


def test_what_takes_long_is_listed(tmp_path: Path) -> None:
    times = {
        "tests.test_shares": [21.0, 2.5, 30.0],
        "tests.test_search": [0.1] * 60,
        "tests.test_gone": [9.0],
    }
    cases = "".join(
        f'<testcase classname="{name}" name="test_{number}" time="{seconds}"/>'
        for name, each in times.items()
        for number, seconds in enumerate(each)
    )
    file = tmp_path / "times.xml"
    file.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    own = "tests/test_shares.py"
    assert shares.slow_of(file) == [f"{own}::test_2", f"{own}::test_0", own]
