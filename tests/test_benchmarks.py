"""That every benchmark still finds what it measures: most need real files or minutes, and run by hand."""

import subprocess
import sys
from pathlib import Path

ALL = """
from importlib import import_module
from benchmarks.__main__ import NAMES
for name in NAMES:
    import_module(f"benchmarks.{name}").measure
"""


def test_each_can_be_imported() -> None:
    """In a process of its own, as one that measures may set what holds for the whole of it."""
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", ALL], cwd=root, check=True, timeout=400)
