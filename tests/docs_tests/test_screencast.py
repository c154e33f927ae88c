"""The picture of a terminal: sound XML, its lines at their times, the last of them in sight at the end."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.screencast import COMMANDS, FILE, ROWS, drawn

ROOT = Path(__file__).parents[2]


def texts(svg: str) -> list[str]:
    tree = ElementTree.fromstring(svg)  # noqa: S314
    return ["".join(one.itertext()) for one in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_lines_come_at_their_times_and_the_last_are_in_sight() -> None:
    lines = [(float(number), f"<line {number}> & more", number == 0) for number in range(ROWS + 2)]
    svg = drawn(lines)
    assert texts(svg) == [line for _, line, _ in lines]
    begins = [float(share) for share in re.findall(r"@keyframes l\d+\{0%\{opacity:0\}([\d.]+)%", svg)]
    assert begins == sorted(begins)
    assert begins[0] == 0
    whole = float(re.findall(r"animation:([\d.]+)s", svg)[0])
    assert begins[-1] * whole / 100 == pytest.approx(ROWS + 1, abs=0.01)
    *_, last = re.findall(r"translateY\((-?[\d.]+)px\)\}\}@keyframes l0", svg)
    assert float(last) == -2 * 17.0


def test_the_one_in_readme_types_these_commands() -> None:
    found = texts(FILE.read_text(encoding="utf-8"))
    assert [line for line in found if line.startswith("$ ")] == [f"$ {command}" for command in COMMANDS]
    assert "docs/screencast.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
