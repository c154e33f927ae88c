"""The mouse on a point of a figure."""

import time
from typing import Any

from playwright.sync_api import TimeoutError as LateError

SECONDS = 60.0


def point_at(page: Any, drawing: str) -> None:
    """Moves the mouse over the first point of a drawing, until something is said of it.

    Figures above it may still be drawn, and move it from under the mouse.
    """
    point, said = page.locator(f"{drawing} .point").first, page.locator(f"{drawing} .hovertext").first
    deadline = time.monotonic() + SECONDS
    while True:
        box = point.bounding_box()
        page.mouse.move(0, 0)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
        try:
            said.wait_for(timeout=2_000)
        except LateError:
            assert time.monotonic() < deadline, "nothing is said of it"
        else:
            return
