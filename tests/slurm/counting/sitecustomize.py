"""Where this folder is on the path, every training step leaves a byte in ``steps`` under SWEEPER_HOME.

Python imports a module of this name by itself: the drivers in a cluster's jobs are not started by the tests.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType


class Counting(MetaPathFinder):
    """Finds the trainer, once, and has its steps counted."""

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "model.trainer":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        execute = spec.loader.exec_module

        def execute_counted(module: ModuleType) -> None:
            execute(module)
            vars(module)["set_learning_rate"] = counted(vars(module)["set_learning_rate"])

        spec.loader.exec_module = execute_counted  # type: ignore[method-assign]
        return spec


def counted(step: Callable[..., None]) -> Callable[..., None]:
    """Begins a step, and counts it."""

    def begin(*arguments: object) -> None:
        with (Path(os.environ["SWEEPER_HOME"]) / "steps").open("ab") as file:
            file.write(b".")
        step(*arguments)

    return begin


sys.meta_path.insert(0, Counting())
