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
MEAN, SUM = 0.25, 3.0
"""Seconds that a file's tests take each and in all, beyond which it is listed."""

LONG = 20.0
"""Seconds beyond which a test of such a file is listed by itself, too."""


def slow_list() -> tuple[str, ...]:
    """Files from the root of the repository, before them the longest of their tests, the longest first."""
    return tuple(LIST.read_text().splitlines())


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


def in_share(names: Sequence[str], listed: Sequence[str], share: int, of: int) -> list[bool]:
    """Which tests a share holds: all of files that are not listed, every so many of the others.

    Each test of a listed file is in one share, and a file with as many tests as there are shares in all. The
    longest tests are dealt to and fro, so that no share has many of them.

    Args:
        names: The tests, as ``file::name``.
        listed: As of `slow_list`.
        share: Its number, from 0.
        of: Number of shares.
    """
    places = [*range(of), *reversed(range(of))]
    dealt = {name: places[number % len(places)] for number, name in enumerate(listed) if "::" in name}
    files = {name for name in listed if "::" not in name}
    seen: Counter[str] = Counter()
    held = []
    for name in names:
        file = name.partition("::")[0]
        # Files begin at different tests, else the first share would hold that of each file of one.
        place = dealt.get(name, (crc32(file.encode()) + seen[file]) % of)
        held.append(file not in files or place == share)
        seen[file] += name not in dealt
    return held


def slow_of(times: Path) -> list[str]:
    """What takes long by a JUnit file of a whole run."""
    seconds: dict[str, dict[str, float]] = defaultdict(dict)
    for case in ElementTree.parse(times).iter("testcase"):  # noqa: S314 - pytest's own
        file = case.attrib["classname"].replace(".", "/") + ".py"
        seconds[file][f"{file}::{case.attrib['name']}"] = float(case.attrib["time"])
    files = {
        file: each
        for file, each in seconds.items()
        if sum(each.values()) > max(SUM, MEAN * len(each)) and (ROOT / file).is_file()
    }
    tests = [(-took, name) for each in files.values() for name, took in each.items() if took > LONG]
    return [*(name for _, name in sorted(tests)), *sorted(files)]


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in slow_of(Path(sys.argv[1]))))
