"""Two trials side by side as JSON, for programs."""

from typing import Any

from ..trial import TrialRow
from .diff import Diff
from .disagreement import Disagreement
from .origins import configuration


def diff_json(found: Diff) -> dict[str, Any]:
    """Two trials side by side: every key is always there, null where something is not known.

    Returns:
        ``study``; ``trials``, a list of two; ``settings`` that differ, by dotted name, each a list of two
        (null where one has none); ``epochs`` (``epoch``, ``split``, ``task``, ``metric``, ``values``, a list
        of two); ``rows`` by task, where both were scored on the same ones: ``rows``, how many there are, how
        many are better in the first (``first``), in the second (``second``) and alike, and ``p`` of equal
        scores.
    """
    one, other = map(configuration, found.trials)
    paths = dict.fromkeys([*one, *other])
    keys = dict.fromkeys(key for metrics in found.metrics for key in metrics)
    return {
        "study": found.study,
        "trials": [_trial(run) for run in found.trials],
        "settings": {
            ".".join(path): [one.get(path), other.get(path)]
            for path in paths
            if (path in one, one.get(path)) != (path in other, other.get(path))
        },
        "epochs": [
            {
                **dict(zip(("epoch", "split", "task", "metric"), key, strict=True)),
                "values": [metrics.get(key) for metrics in found.metrics],
            }
            for key in keys
        ],
        "rows": found.rows and {name: _rows(each) for name, each in found.rows.items()},
    }


def _trial(run: TrialRow) -> dict[str, Any]:
    state = run.state.value
    return {"trial": run.number, "arm": run.arm, "seed": run.seed, "state": state, "scores": run.scores}


def _rows(each: Disagreement) -> dict[str, Any]:
    total = len(each.ours.labels)
    if each.of_classes:
        first, second = len(each.right(True, False)), len(each.right(False, True))
    else:
        nearer = each.nearer()
        first, second = int((nearer > 0).sum()), int((nearer < 0).sum())
    return {
        "rows": total,
        "first": first,
        "second": second,
        "alike": total - first - second,
        "p": each.p(),
    }
