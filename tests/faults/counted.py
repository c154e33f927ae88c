"""``python -m sweeper``, but every training step leaves a byte in ``steps`` under SWEEPER_HOME.

    python -m tests.faults.counted run --study faults --workload steps --trials 4

The server that forks the trials imports this module as the main one, and so the trials count as well.
"""

import os
from pathlib import Path

if __name__ == "__mp_main__":
    from model import trainer

    _names = vars(trainer)
    _set_learning_rate = _names["set_learning_rate"]

    def _counted(*arguments: object) -> None:
        """Begins a step."""
        with (Path(os.environ["SWEEPER_HOME"]) / "steps").open("ab") as file:
            file.write(b".")
        _set_learning_rate(*arguments)

    if _set_learning_rate.__name__ != "_counted":
        _names["set_learning_rate"] = _counted

if __name__ == "__main__":
    from sweeper.cli import main

    main()
