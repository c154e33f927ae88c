"""A share of the tests that take long: CI runs one in ten of each file of ``slow.txt``, by turns.

python -m pytest --junitxml times.xml && python -m tests.shares times.xml     # renews slow.txt
"""

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from zlib import crc32

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("slow.txt")
MEAN, SUM = 0.4, 5.0
"""Seconds that a file's tests take each and in all, beyond which it is listed."""


def slow_files() -> frozenset[str]:
    """The files that are listed, from the root of the repository."""
    return frozenset(LIST.read_text().split())


def turn(of: int) -> int:
    """Which of so many shares a commit runs: another with most commits; 0 where there is no Git.

    Args:
        of: Number of shares.
    """
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(commit, 16) % of


def in_share(names: Sequence[str], listed: frozenset[str], share: int, of: int) -> list[bool]:
    """Which tests a share holds: all of files that are not listed, every so many of the others.

    Each test of a listed file is in one share, and a file with as many tests as there are shares in all.

    Args:
        names: The tests, as ``file::name``.
        listed: The files of which it holds some.
        share: Its number, from 0.
        of: Number of shares.
    """
    seen: Counter[str] = Counter()
    held = []
    for name in names:
        file = name.partition("::")[0]
        # Files begin at different tests, else the first share would hold that of each file of one.
        held.append(file not in listed or (crc32(file.encode()) + seen[file]) % of == share)
        seen[file] += 1
    return held


def slow_of(times: Path) -> list[str]:
    """The files that take long by a JUnit file of a whole run."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for case in ElementTree.parse(times).iter("testcase"):  # noqa: S314 - pytest's own
        seconds[case.attrib["classname"].replace(".", "/") + ".py"].append(float(case.attrib["time"]))
    return sorted(
        file
        for file, each in seconds.items()
        if sum(each) > max(SUM, MEAN * len(each)) and (ROOT / file).is_file()
    )


if __name__ == "__main__":
    LIST.write_text("".join(f"{file}\n" for file in slow_of(Path(sys.argv[1]))))
