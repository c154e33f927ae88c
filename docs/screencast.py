"""The picture of a terminal in README, in which commands are typed: ``python -m docs.screencast``."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path

FILE = Path(__file__).parent / "screencast.svg"

COMMANDS = (
    "sweeper run --study quickstart --trials 6",
    "sweeper run --study quickstart --trials 6",
    "sweeper report",
)
"""The second one says that nothing is left to run."""

COLUMNS, ROWS = 112, 34
"""Of the terminal."""

LINE, CHARACTER, EDGE = 17.0, 7.83, 14.0
"""Height of a line, width of a character at 13 pixels, and what is left free around all, in pixels."""

SHORTEST_PAUSE, LONGEST_PAUSE, LAST_PAUSE = 0.12, 0.7, 6.0
"""Seconds: what a line waits at least, to be read, and at most, as trials take longer than a reader has; and
before all begins anew."""


def typed(commands: tuple[str, ...], home: Path) -> Iterator[tuple[float, str, bool]]:
    """Each line that a terminal shows: after how many seconds, the line, and whether it was typed.

    Args:
        commands: They, one after the other.
        home: Folder for all that they write.
    """
    shown, environment = 0.0, {**os.environ, "SWEEPER_HOME": str(home), "COLUMNS": str(COLUMNS)}
    for command in commands:
        yield shown, f"$ {command}", True
        said = time.monotonic()
        with subprocess.Popen(  # noqa: S603 - commands of this file
            [sys.executable, "-m", *command.split()],
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            assert running.stdout is not None  # noqa: S101 - tells the type
            for line in running.stdout:
                shown += min(max(time.monotonic() - said, SHORTEST_PAUSE), LONGEST_PAUSE)
                said = time.monotonic()
                for start in range(0, max(1, len(line.rstrip())), COLUMNS):
                    yield shown, line.rstrip()[start : start + COLUMNS], False
        if running.returncode:
            raise SystemExit(f"{command}: exit code {running.returncode}")
        shown += LONGEST_PAUSE


def drawn(lines: list[tuple[float, str, bool]]) -> str:
    """An SVG in which the lines come at their times, and those above move out of sight, over and over.

    Args:
        lines: What `typed` gave.
    """
    whole = lines[-1][0] + LAST_PAUSE
    width, height = 2 * EDGE + COLUMNS * CHARACTER, 2 * EDGE + ROWS * LINE
    moves = [
        f"{100 * after / whole:.3f}%{{transform:translateY({-LINE * max(0, number + 1 - ROWS):g}px)}}"
        for number, (after, _, _) in enumerate(lines)
        if number + 1 == len(lines) or lines[number + 1][0] > after
    ]
    texts = [
        f'<text x="{EDGE:g}" y="{EDGE + LINE * (number + 0.8):g}" class="l{" t" if is_typed else ""}"'
        f' style="animation-name:l{number}">{escape(line)}</text>'
        for number, (_, line, is_typed) in enumerate(lines)
    ]
    shows = [
        f"@keyframes l{number}{{0%{{opacity:0}}{100 * after / whole:.3f}%{{opacity:1}}}}"
        for number, (after, _, _) in enumerate(lines)
    ]
    style = (
        f".l{{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#d7dce2;white-space:pre;"
        f"animation:{whole:.1f}s step-end infinite}}.t{{fill:#7fd1b9;font-weight:bold}}"
        f".s{{animation:s {whole:.1f}s step-end infinite}}@keyframes s{{{''.join(moves)}}}{''.join(shows)}"
        "@media (prefers-reduced-motion:reduce){.l,.s{animation:none}"
        f".s{{transform:translateY({-LINE * max(0, len(lines) - ROWS):g}px)}}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
        f"<title>sweeper in a terminal</title><style>{style}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="#1b1f24"/>'
        f'<svg x="0" y="{EDGE:g}" width="100%" height="{ROWS * LINE:g}"'
        f' viewBox="0 {EDGE:g} {width:.0f} {ROWS * LINE:g}"><g class="s">{"".join(texts)}</g></svg></svg>\n'
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        FILE.write_text(drawn(list(typed(COMMANDS, Path(folder)))), encoding="utf-8")
