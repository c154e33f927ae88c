"""Counts the cases of a script and those that broke a promise; a broken one does not end the script."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager


class Verdict:
    """The cases so far."""

    def __init__(self) -> None:
        self.cases = 0
        self.violations: list[str] = []

    @contextmanager
    def case(self, what: str) -> Iterator[None]:
        """One case; an AssertionError in it is a violation, and is printed."""
        self.cases += 1
        try:
            yield
        except AssertionError as error:
            self.violations.append(what)
            line = traceback.extract_tb(error.__traceback__)[-1]
            print(f"VIOLATION: {what}: {error or line.line}", flush=True)
        else:
            print(f"ok: {what}", flush=True)

    def exit_code(self, counts: str) -> int:
        """Prints what was counted; 1 if any promise was broken."""
        print(f"{counts}; {self.cases} cases, {len(self.violations)} violations")
        return 1 if self.violations else 0
